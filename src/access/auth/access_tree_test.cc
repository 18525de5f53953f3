#include "access/auth/access_tree.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "access/auth/token_store.h"
#include "foundation/testing/temp_directory.h"

namespace arc::auth {
namespace {

constexpr Permissions kRead{.read = true};
constexpr Permissions kWrite{.write = true};

class AccessTreeTest : public ::testing::Test {
 protected:
  AccessTreeTest() {
    EXPECT_TRUE(tokens_->Create({.name = "t", .permissions = kRead}).ok());
    organization_ = Add(AccessLevel::kOrganization, 0, {.name = "acme"});
    team_ = Add(AccessLevel::kTeam, organization_, {.name = "line 1"});
  }

  std::int64_t Add(AccessLevel level, std::int64_t parent, const AccessSettings& settings) {
    auto added = tree_.Add(level, parent, settings);
    EXPECT_TRUE(added.ok());
    return added.ok() ? added.value().id : 0;
  }
  std::int64_t AddRole(const std::string& pattern, Permissions permissions) {
    return Add(AccessLevel::kRole, team_, {.name = pattern, .permissions = permissions});
  }
  // "database.measurement:permissions" of each grant; "own" for a token that is not scoped.
  std::string Grants() {
    const auto grants = tree_.GrantsOf(tokens_->Get(kToken).TakeValue()).TakeValue();
    if (!grants) return "own";
    std::string text;
    for (const auto& grant : grants->list()) {
      text += grant.database_pattern + "." + grant.measurement_pattern.value_or("") + ":" +
              ToText(grant.permissions) + " ";
    }
    return text;
  }

  static constexpr std::int64_t kToken = 1;
  const testing::TempDirectory directory_;
  int changes_ = 0;
  const std::unique_ptr<AuthFile> file_ =
      AuthFile::Open(fs::FileSystem::Local(), directory_ / "auth.db").TakeValue();
  const std::unique_ptr<TokenStore> tokens_ = TokenStore::Open(*file_, Clock::System()).TakeValue();
  AccessTree tree_{*file_, Clock::System(), [this] { changes_++; }};
  std::int64_t organization_ = 0;
  std::int64_t team_ = 0;
};

TEST_F(AccessTreeTest, ARoleGrantsItsDatabases) {
  EXPECT_EQ(Grants(), "own");
  ASSERT_TRUE(tree_.Join(kToken, team_).ok());
  EXPECT_EQ(Grants(), "");
  AddRole("plant-*", kRead);
  EXPECT_EQ(Grants(), "plant-*.:read ");
}

TEST_F(AccessTreeTest, MeasurementPermissionsTakeTheRolesPlace) {
  ASSERT_TRUE(tree_.Join(kToken, team_).ok());
  const auto role = AddRole("plant", kRead);
  Add(AccessLevel::kMeasurement, role, {.name = "cpu*", .permissions = kWrite});
  const auto second = Add(AccessLevel::kMeasurement, role, {.name = "mem", .permissions = kRead});
  EXPECT_EQ(Grants(), "plant.cpu*:write plant.mem:read ");
  ASSERT_TRUE(tree_.Remove(AccessLevel::kMeasurement, second).ok());
  EXPECT_EQ(Grants(), "plant.cpu*:write ");
}

TEST_F(AccessTreeTest, TheLastMeasurementPermissionThatGoesGivesNothingBack) {
  ASSERT_TRUE(tree_.Join(kToken, team_).ok());
  const auto role = AddRole("plant", kRead);
  const auto rule = Add(AccessLevel::kMeasurement, role, {.name = "cpu", .permissions = kRead});
  ASSERT_TRUE(tree_.Remove(AccessLevel::kMeasurement, rule).ok());
  EXPECT_EQ(Grants(), "") << "not the whole database";
  Add(AccessLevel::kMeasurement, role, {.name = "mem", .permissions = kRead});
  EXPECT_EQ(Grants(), "plant.mem:read ");
}

TEST_F(AccessTreeTest, AnEditThatFailsChangesNothing) {
  ASSERT_TRUE(tree_.Join(kToken, team_).ok());
  const auto role = AddRole("plant", kRead);
  const auto failing = [](AccessSettings& settings) -> Result<void> {
    settings.name = "other";
    return Error{ErrorCode::kInvalidInput, "no"};
  };
  EXPECT_FALSE(tree_.Change(AccessLevel::kRole, role, failing).ok());
  EXPECT_EQ(Grants(), "plant.:read ");
  AddRole("lab", kRead);
  EXPECT_EQ(Grants(), "plant.:read lab.:read ") << "no transaction is left open";
}

TEST_F(AccessTreeTest, WhatIsDisabledGivesNothing) {
  ASSERT_TRUE(tree_.Join(kToken, team_).ok());
  AddRole("plant", kRead);
  const auto enable = [](bool is_enabled) {
    return [is_enabled](AccessSettings& settings) {
      settings.is_enabled = is_enabled;
      return Result<void>();
    };
  };
  ASSERT_TRUE(tree_.Change(AccessLevel::kTeam, team_, enable(false)).ok());
  EXPECT_EQ(Grants(), "");
  ASSERT_TRUE(tree_.Change(AccessLevel::kTeam, team_, enable(true)).ok());
  EXPECT_EQ(Grants(), "plant.:read ");
  ASSERT_TRUE(tree_.Change(AccessLevel::kOrganization, organization_, enable(false)).ok());
  EXPECT_EQ(Grants(), "");
}

TEST_F(AccessTreeTest, ATeamThatGoesGivesNothingBack) {
  ASSERT_TRUE(tree_.Join(kToken, team_).ok());
  AddRole("plant", kRead);
  ASSERT_TRUE(tree_.Remove(AccessLevel::kOrganization, organization_).ok());
  EXPECT_EQ(Grants(), "");
  EXPECT_TRUE(tree_.TeamsOf(kToken).value().empty());
}

TEST_F(AccessTreeTest, WhoLeavesTheLastTeamHasItsOwnPermissionsAgain) {
  const auto second = Add(AccessLevel::kTeam, organization_, {.name = "line 2"});
  ASSERT_TRUE(tree_.Join(kToken, team_).ok());
  ASSERT_TRUE(tree_.Join(kToken, second).ok());
  ASSERT_TRUE(tree_.Leave(kToken, team_).ok());
  EXPECT_EQ(Grants(), "");
  ASSERT_TRUE(tree_.Leave(kToken, second).ok());
  EXPECT_EQ(Grants(), "own");
}

TEST_F(AccessTreeTest, RefusesWhatCannotBe) {
  const auto code = [](const auto& result) {
    return result.ok() ? ErrorCode::kInternal : result.error().code;
  };
  EXPECT_EQ(code(tree_.Add(AccessLevel::kOrganization, 0, {.name = ""})), ErrorCode::kInvalidInput);
  EXPECT_EQ(code(tree_.Add(AccessLevel::kOrganization, 0, {.name = "acme"})),
            ErrorCode::kAlreadyExists);
  EXPECT_EQ(code(tree_.Add(AccessLevel::kTeam, team_, {.name = "x"})), ErrorCode::kNotFound);
  EXPECT_EQ(code(tree_.Add(AccessLevel::kRole, team_, {.name = "a/b", .permissions = kRead})),
            ErrorCode::kInvalidInput);
  EXPECT_EQ(code(tree_.Add(AccessLevel::kRole, team_, {.name = "a"})), ErrorCode::kInvalidInput);
  EXPECT_EQ(code(tree_.Join(99, team_)), ErrorCode::kNotFound);
  EXPECT_EQ(code(tree_.Join(kToken, organization_)), ErrorCode::kNotFound);
  EXPECT_EQ(Grants(), "own");
  ASSERT_TRUE(tree_.Join(kToken, team_).ok());
  EXPECT_EQ(code(tree_.Join(kToken, team_)), ErrorCode::kAlreadyExists);
  EXPECT_EQ(code(tree_.Leave(kToken, 99)), ErrorCode::kNotFound);
  EXPECT_EQ(code(tree_.Remove(AccessLevel::kRole, team_)), ErrorCode::kNotFound);
}

TEST_F(AccessTreeTest, TellsEveryChange) {
  const auto before = changes_;
  ASSERT_TRUE(tree_.Join(kToken, team_).ok());
  const auto role = AddRole("a", kRead);
  const auto rename = [](AccessSettings& settings) {
    settings.name = "b";
    return Result<void>();
  };
  ASSERT_TRUE(tree_.Change(AccessLevel::kRole, role, rename).ok());
  ASSERT_TRUE(tree_.Remove(AccessLevel::kRole, role).ok());
  ASSERT_TRUE(tree_.Leave(kToken, team_).ok());
  EXPECT_EQ(changes_ - before, 5);
}

TEST_F(AccessTreeTest, ATokenThatGoesLeavesItsTeams) {
  ASSERT_TRUE(tree_.Join(kToken, team_).ok());
  ASSERT_TRUE(tokens_->Delete(kToken).ok());
  EXPECT_FALSE(tree_.TeamsOf(kToken).ok());
  EXPECT_FALSE(tree_.Leave(kToken, team_).ok());
}

}  // namespace
}  // namespace arc::auth
