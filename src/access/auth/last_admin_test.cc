#include "access/auth/last_admin.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "access/auth/access_tree.h"
#include "access/auth/token_store.h"
#include "foundation/testing/temp_directory.h"

namespace arc::auth {
namespace {

constexpr Permissions kAdmin{.admin = true};
constexpr std::int64_t kHour = 3'600'000'000;

class LastAdminTest : public ::testing::Test {
 protected:
  // The ids count from 1 on.
  void Make(const std::string& name, Permissions permissions,
            std::optional<std::int64_t> expires_in = std::nullopt) {
    TokenSettings settings{
        .name = name, .description = {}, .permissions = permissions, .expires_at = {}};
    if (expires_in) settings.expires_at = Clock::System().NowMicros() + *expires_in;
    ASSERT_TRUE(tokens_->Create(settings).ok());
  }
  Result<void> Demote(std::int64_t id) {
    return tokens_->Change(id, [](TokenSettings& settings) -> Result<void> {
      settings.permissions = {.read = true};
      return {};
    });
  }
  Result<void> LetExpire(std::int64_t id) {
    return tokens_->Change(id, [](TokenSettings& settings) -> Result<void> {
      settings.expires_at = Clock::System().NowMicros() + kHour;
      return {};
    });
  }
  Result<void> Join(std::int64_t id) {
    const auto organization = tree_.Add(AccessLevel::kOrganization, 0, {.name = "o"});
    const auto parent = organization.ok()
                            ? organization.value().id
                            : tree_.List(AccessLevel::kOrganization, 0).value().front().id;
    const auto team = tree_.Add(AccessLevel::kTeam, parent, {.name = std::to_string(id)});
    const auto joined = tree_.Join(id, team.value().id);
    return joined.ok() ? Result<void>() : joined.error();
  }
  static void ExpectConflict(const Result<void>& outcome) {
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(outcome.error().code, ErrorCode::kAlreadyExists);
  }

  const testing::TempDirectory directory_;
  const std::unique_ptr<AuthFile> file_ =
      AuthFile::Open(fs::FileSystem::Local(), directory_ / "auth.db").TakeValue();
  const std::unique_ptr<TokenStore> tokens_ = TokenStore::Open(*file_, Clock::System()).TakeValue();
  AccessTree tree_{*file_, Clock::System(), [] {}};
};

TEST_F(LastAdminTest, NoWayTakesTheLastOne) {
  Make("admin", kAdmin);
  Make("writer", {.read = true, .write = true});
  const auto before = tokens_->Get(1).TakeValue();
  ExpectConflict(tokens_->Delete(1));
  ExpectConflict(tokens_->Revoke(1));
  ExpectConflict(Demote(1));
  ExpectConflict(LetExpire(1));
  ExpectConflict(Join(1));
  const auto after = tokens_->Get(1).TakeValue();
  EXPECT_TRUE(after.is_enabled && after.permissions == before.permissions && !after.is_scoped);
  EXPECT_FALSE(after.expires_at.has_value());
  // What takes nothing away goes on.
  const auto rotated = tokens_->Rotate(1);
  ASSERT_TRUE(rotated.ok());
  EXPECT_TRUE(tokens_->Find(HashOf(rotated.value())).value().has_value());
  EXPECT_TRUE(Demote(2).ok());
  EXPECT_TRUE(Join(2).ok());
  EXPECT_TRUE(tokens_->Delete(2).ok());
}

TEST_F(LastAdminTest, OfTwoEitherMayGoAndThenNotTheOther) {
  Make("a", kAdmin);
  Make("b", kAdmin);
  EXPECT_TRUE(tokens_->Revoke(1).ok());
  ExpectConflict(tokens_->Revoke(2));
  EXPECT_TRUE(tokens_->Delete(1).ok());
  ExpectConflict(tokens_->Delete(2));
}

// Those that expire, are revoked or belong to teams cannot take its place.
TEST_F(LastAdminTest, OnlyOneThatLastsCounts) {
  Make("admin", kAdmin);
  Make("brief", kAdmin, kHour);
  Make("revoked", kAdmin);
  ASSERT_TRUE(tokens_->Revoke(3).ok());
  Make("scoped", kAdmin);
  ASSERT_TRUE(Join(4).ok());
  ExpectConflict(tokens_->Delete(1));
  ExpectConflict(LetExpire(1));
}

// A file of an earlier version may hold no better one.
TEST_F(LastAdminTest, WhereAllExpireTheLastValidOneStays) {
  Make("gone", kAdmin, -kHour);
  Make("brief", kAdmin, kHour);
  EXPECT_TRUE(tokens_->Delete(1).ok());
  ExpectConflict(tokens_->Delete(2));
  EXPECT_TRUE(LetExpire(2).ok());
}

TEST_F(LastAdminTest, WithoutAnyNothingIsRefused) {
  Make("writer", {.write = true});
  EXPECT_TRUE(tokens_->Revoke(1).ok());
  EXPECT_TRUE(tokens_->Delete(1).ok());
}

// For whoever may set auth.force_bootstrap.
TEST_F(LastAdminTest, ReplaceAsksNobody) {
  Make("admin", kAdmin);
  const std::string chosen = "chosen-by-the-operator-0123456789";
  ASSERT_TRUE(tokens_->Replace(1, {.name = "admin", .permissions = kAdmin}, chosen).ok());
  EXPECT_EQ(tokens_->List().value().size(), 1u);
  EXPECT_TRUE(tokens_->Find(HashOf(chosen)).value()->permissions.admin);
}

}  // namespace
}  // namespace arc::auth
