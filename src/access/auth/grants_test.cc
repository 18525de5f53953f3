#include "access/auth/grants.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

#include "access/auth/principal.h"

namespace arc::auth {
namespace {

// The slow twin: tries everything.
bool MatchesByTrying(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] != '*') {
    return !name.empty() && name[0] == pattern[0] &&
           MatchesByTrying(pattern.substr(1), name.substr(1));
  }
  return MatchesByTrying(pattern.substr(1), name) ||
         (!name.empty() && MatchesByTrying(pattern, name.substr(1)));
}

TEST(PatternTest, MatchesAsItsTwinDoes) {
  std::mt19937 random(7);
  const auto text = [&](const char* alphabet, std::uint32_t length_max) {
    std::string made;
    for (auto left = random() % (length_max + 1); left > 0; left--) made += alphabet[random() % 3];
    return made;
  };
  int matches = 0;
  for (int i = 0; i < 20'000; i++) {
    const auto pattern = text("ab*", 7);
    const auto name = text("abb", 9);
    const bool expected = MatchesByTrying(pattern, name);
    matches += expected ? 1 : 0;
    ASSERT_EQ(MatchesPattern(pattern, name), expected) << pattern << " " << name;
  }
  EXPECT_GT(matches, 1000);
}

TEST(PatternTest, ManyStarsTakeNoLongTime) {
  std::string pattern;
  for (int i = 0; i < 64; i++) pattern += "*a";
  EXPECT_FALSE(MatchesPattern(pattern + "b", std::string(10'000, 'a')));
}

TEST(PatternTest, WhatAPatternMayBe) {
  for (const char* good : {"*", "prod", "prod-*", "a_b*c"}) EXPECT_TRUE(IsPattern(good)) << good;
  for (const char* bad : {"", "a.b", "a/b", "..", "a b", "é", "a%", "'"}) {
    EXPECT_FALSE(IsPattern(bad)) << bad;
  }
  EXPECT_FALSE(IsPattern(std::string(129, 'a')));
}

constexpr Permissions kRead{.read = true};
constexpr Permissions kWrite{.write = true};
constexpr Permissions kAdmin{.admin = true};

Principal With(std::vector<Grant> grants) {
  Principal principal;
  principal.permissions = kAdmin;  // does not count beside grants
  principal.grants = std::make_shared<const Grants>(std::move(grants));
  return principal;
}

TEST(PrincipalTest, MayNothingByDefault) {
  const Principal nobody;
  EXPECT_TRUE(nobody.Has(Permission::kToken));
  for (const auto permission : {Permission::kRead, Permission::kWrite, Permission::kDelete,
                                Permission::kDataAdmin, Permission::kAdmin}) {
    EXPECT_FALSE(nobody.Has(permission) || nobody.May(permission, "a", "b") ||
                 nobody.MayInDatabase(permission, "a"));
    EXPECT_FALSE(With({}).Has(permission) || With({}).May(permission, "a", "b"));
  }
}

TEST(PrincipalTest, OwnPermissionsCountForAllData) {
  Principal reader;
  reader.permissions = kRead;
  EXPECT_TRUE(reader.May(Permission::kRead, "any", "thing"));
  EXPECT_FALSE(reader.May(Permission::kWrite, "any", "thing"));
  EXPECT_EQ(reader.Authorize(Permission::kWrite, "plant", "cpu").error().message,
            "Permission denied: write required on plant.cpu");
}

TEST(PrincipalTest, AGrantCountsForWhatItsPatternsMatch) {
  const auto some = With({{"plant-*", "cpu", kRead, ""}, {"lab", std::nullopt, kWrite, ""}});
  EXPECT_TRUE(some.Has(Permission::kRead) && some.Has(Permission::kWrite));
  EXPECT_FALSE(some.Has(Permission::kDelete) || some.Has(Permission::kAdmin));
  EXPECT_TRUE(some.May(Permission::kRead, "plant-1", "cpu"));
  EXPECT_FALSE(some.May(Permission::kRead, "plant-1", "cpus"));
  EXPECT_FALSE(some.May(Permission::kRead, "plant", "cpu"));
  EXPECT_FALSE(some.May(Permission::kRead, "lab", "cpu"));
  EXPECT_TRUE(some.May(Permission::kWrite, "lab", "anything"));
  EXPECT_TRUE(some.MayInDatabase(Permission::kWrite, "lab"));
  EXPECT_FALSE(some.MayInDatabase(Permission::kRead, "plant-1"));
}

TEST(PrincipalTest, AdminOfDataIsNotAdminOfTheServer) {
  for (const auto& grant :
       {Grant{"lab", std::nullopt, kAdmin, ""}, Grant{"*", "cpu", kAdmin, ""}}) {
    EXPECT_TRUE(With({grant}).Has(Permission::kDataAdmin));
    EXPECT_FALSE(With({grant}).Has(Permission::kAdmin));
  }
  EXPECT_TRUE(With({{"*", std::nullopt, kAdmin, ""}}).Has(Permission::kAdmin));
  EXPECT_TRUE(With({{"*", "*", kAdmin, ""}}).May(Permission::kRead, "a", "b"));
}

TEST(PrincipalTest, ComparesWhatItMay) {
  Principal admin;
  admin.permissions = kAdmin;
  const auto some = With({{"a", std::nullopt, kRead, ""}});
  EXPECT_TRUE(some.MayTheSameAs(With({{"a", std::nullopt, kRead, ""}})));
  EXPECT_FALSE(some.MayTheSameAs(With({{"b", std::nullopt, kRead, ""}})));
  EXPECT_FALSE(some.MayTheSameAs(admin) || admin.MayTheSameAs(some));
}

}  // namespace
}  // namespace arc::auth
