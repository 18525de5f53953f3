#include "access/auth/token.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace arc::auth {
namespace {

TEST(TokenTest, ATokenIs44CharactersAndNeverTheSame) {
  std::set<std::string> tokens;
  for (int i = 0; i < 100; i++) {
    const auto token = DrawToken().value();
    EXPECT_EQ(token.size(), 44u);
    EXPECT_TRUE(token.ends_with('='));
    EXPECT_TRUE(std::all_of(token.begin(), token.end() - 1, [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
    })) << token;
    tokens.insert(token);
  }
  EXPECT_EQ(tokens.size(), 100u);
}

TEST(TokenTest, TheHashIsSha256) {
  const auto hash = HashOf("abc");
  EXPECT_EQ(hash.Hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  TokenHash read;
  ASSERT_TRUE(ParseTokenHash(hash.Hex(), read));
  EXPECT_EQ(read, hash);
  EXPECT_FALSE(ParseTokenHash("ba", read));
  EXPECT_FALSE(ParseTokenHash(std::string(64, 'x'), read));
}

}  // namespace
}  // namespace arc::auth
