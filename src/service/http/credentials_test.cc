#include "service/http/credentials.h"

#include <gtest/gtest.h>

namespace arc::http {
namespace {

std::string TokenOfAuthorization(std::string value) {
  Request request;
  request.headers = {{"authorization", std::move(value)}};
  return TokenOf(request);
}

TEST(Credentials, AuthorizationInAllItsForms) {
  EXPECT_EQ(TokenOfAuthorization("Bearer abc="), "abc=");
  EXPECT_EQ(TokenOfAuthorization("bearer   abc"), "abc");
  EXPECT_EQ(TokenOfAuthorization("Token abc"), "abc");
  EXPECT_EQ(TokenOfAuthorization("abc"), "abc");
  EXPECT_EQ(TokenOfAuthorization("Other abc"), "Other abc");
}

TEST(Credentials, BasicGivesThePassword) {
  EXPECT_EQ(TokenOfAuthorization("Basic dXNlcjpwYXNz"), "pass");       // user:pass
  EXPECT_EQ(TokenOfAuthorization("Basic dXNlcjpwYTpzcw=="), "pa:ss");  // user:pa:ss
  EXPECT_EQ(TokenOfAuthorization("basic OnBhc3N3"), "passw");          // :passw
  EXPECT_EQ(TokenOfAuthorization("Basic dTpwYXM="), "pas");            // u:pas
  EXPECT_EQ(TokenOfAuthorization("Basic dXNlcg=="), "");               // user
  for (const char* broken : {"Basic ====", "Basic a", "Basic =", "Basic **!*", "Basic abc"}) {
    EXPECT_EQ(TokenOfAuthorization(broken), "") << broken;
  }
}

TEST(Credentials, OtherPlacesInOrder) {
  Request request;
  EXPECT_EQ(TokenOf(request), "");
  request.query = {{"u", "ignored"}, {"p", "from query"}};
  EXPECT_EQ(TokenOf(request), "from query");
  request.headers = {{"X-API-Key", "from key"}};
  EXPECT_EQ(TokenOf(request), "from key");
  request.headers.push_back({"Authorization", "Bearer from authorization"});
  EXPECT_EQ(TokenOf(request), "from authorization");
}

}  // namespace
}  // namespace arc::http
