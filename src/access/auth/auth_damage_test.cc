// Bytes of the token file that change while nobody has it open: a damaged row gives no rights, is
// told, and can be deleted; what else is damaged refuses the start.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "access/auth/access_tree.h"
#include "access/auth/policy_store.h"
#include "access/auth/token_authenticator.h"
#include "foundation/base/check.h"
#include "foundation/testing/temp_directory.h"

namespace arc::auth {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Permissions kEverything{.read = true, .write = true, .remove = true, .admin = true};
constexpr const char* kChosen = "an-administrator-of-these-tests-0123456789";

class AuthDamageTest : public ::testing::Test {
 protected:
  // Tokens 1 (admin), 2 (reader, with a policy) and 3 (scoped: reads `plant-*` as a role of team 2
  // of organisation 1 says, of which `cpu*` is all there is).
  void SetUp() override {
    ASSERT_TRUE(Open().ok());
    ASSERT_TRUE(store_->Add({.name = "admin", .permissions = kEverything}, kChosen).ok());
    reader_ = store_->Create({.name = "reader", .permissions = {.read = true}}).TakeValue();
    scoped_ = store_->Create({.name = "scoped", .permissions = kEverything}).TakeValue();
    const auto add = [&](AccessLevel level, std::int64_t parent, AccessSettings settings) {
      return tree_->Add(level, parent, settings).value().id;
    };
    const auto organization = add(AccessLevel::kOrganization, 0, {.name = "acme"});
    const auto team = add(AccessLevel::kTeam, organization, {.name = "line"});
    const auto role =
        add(AccessLevel::kRole, team, {.name = "plant-*", .permissions = {.read = true}});
    add(AccessLevel::kMeasurement, role, {.name = "cpu*", .permissions = {.read = true}});
    ASSERT_TRUE(tree_->Join(3, team).ok());
    ASSERT_TRUE(policies_->Add(2, {.requests_per_hour = 5}).ok());
  }
  Result<void> Open() {
    Close();
    file_ = TRY(AuthFile::Open(disk_, path()));
    store_ = TRY(TokenStore::Open(*file_, clock_));
    tree_ = std::make_unique<AccessTree>(*file_, clock_, [this] { cache_.Invalidate(); });
    policies_ = std::make_unique<PolicyStore>(*file_, PolicyLimits{}, clock_,
                                              [this] { cache_.Invalidate(); });
    tokens_ = std::make_unique<TokenAuthenticator>(*store_, *tree_, *policies_, cache_, clock_);
    return {};
  }
  void Close() {
    cache_.Invalidate();
    tokens_.reset();
    policies_.reset();
    tree_.reset();
    store_.reset();
    file_.reset();
  }
  // As a damaged disk does it: no trigger of ours runs. Opens the file again.
  void Damage(const std::string& sql) {
    Close();
    {
      const auto connection = sqlite::SqliteConnection::Open(disk_, path()).TakeValue();
      const auto changed = connection->Execute(sql.c_str());
      ASSERT_TRUE(changed.ok()) << LogText(changed.error());
    }
    const auto opened = Open();
    ASSERT_TRUE(opened.ok()) << LogText(opened.error());
  }
  std::string path() const { return directory_ / "auth.db"; }
  std::string problem() const { return file_->Problem().value_or(""); }
  // What each token may do, in words; "" for one that is refused.
  std::map<std::string, std::string> Rights() const {
    std::map<std::string, std::string> rights;
    for (const auto& [name, token] : std::map<std::string, std::string>{
             {"admin", kChosen}, {"reader", reader_}, {"scoped", scoped_}}) {
      const auto found = tokens_->Lookup(token);
      auto& text = rights[name];
      if (!found.ok()) continue;
      const auto principal = found.value().ToPrincipal();
      text = found.value().name + " " + ToText(found.value().permissions) + " " +
             std::to_string(found.value().expires_at.value_or(0)) + " " +
             std::to_string(found.value().limits.requests_per_hour);
      if (found.value().is_scoped) {
        const bool may = principal.May(Permission::kRead, "plant-1", "cpu");
        text += may ? " reads" : " reads nothing";
      }
    }
    return rights;
  }

  const testing::TempDirectory directory_;
  fs::FileSystem& disk_ = fs::FileSystem::Local();
  const Clock& clock_ = Clock::System();
  TokenCache cache_{100, std::chrono::seconds(30), clock_};
  std::unique_ptr<AuthFile> file_;
  std::unique_ptr<TokenStore> store_;
  std::unique_ptr<AccessTree> tree_;
  std::unique_ptr<PolicyStore> policies_;
  std::unique_ptr<TokenAuthenticator> tokens_;
  std::string reader_, scoped_;
};

TEST_F(AuthDamageTest, EachValueOfATokenCounts) {
  const auto right = Rights();
  for (const auto* change :
       {"permissions = 'read,write,delete,admin'", "permissions = 'reae'", "expires_at = 1",
        "expires_at = expires_at + 4096", "description = 'x'", "created_at = created_at + 1",
        "last_used_at = last_used_at + 1", "is_enabled = 0", "is_scoped = 1", "name = 'writer'",
        "checksum = checksum + 1"}) {
    SCOPED_TRACE(change);
    Close();
    const auto kept = fs::ReadWholeFile(disk_, path(), 1 << 20).TakeValue();
    Damage(std::string("UPDATE tokens SET ") + change + " WHERE id = 2");
    auto expected = right;
    expected["reader"] = "";
    EXPECT_EQ(Rights(), expected);
    EXPECT_THAT(problem(), HasSubstr("the token 2 ('"));
    EXPECT_THAT(problem(), HasSubstr("auth.force_bootstrap"));
    EXPECT_EQ(file_->damaged_row_count(), 1u);
    Close();
    ASSERT_TRUE(fs::WriteWholeFile(disk_, path(), kept).ok());
    ASSERT_TRUE(Open().ok());
    EXPECT_EQ(Rights(), right);
    EXPECT_EQ(problem(), "");
  }
}

TEST_F(AuthDamageTest, ADamagedTokenCanOnlyBeDeleted) {
  Damage("UPDATE tokens SET permissions = 'admin' WHERE id = 2");
  const auto listed = store_->List().TakeValue();
  ASSERT_EQ(listed.size(), 3u);
  EXPECT_TRUE(listed[1].is_damaged && !listed[1].is_enabled && !listed[1].permissions.admin);
  EXPECT_FALSE(listed[0].is_damaged);
  const auto edit = [](TokenSettings& settings) {
    settings.permissions = {.read = true};
    return Result<void>();
  };
  EXPECT_EQ(tokens_->Change(2, edit).error().code, ErrorCode::kCorruptData);
  EXPECT_THAT(tokens_->Change(2, edit).error().message, HasSubstr("delete it"));
  EXPECT_EQ(tokens_->Revoke(2).error().code, ErrorCode::kCorruptData);
  EXPECT_EQ(tokens_->Rotate(2).error().code, ErrorCode::kCorruptData);
  EXPECT_FALSE(tokens_->Authenticate(reader_).ok());
  ASSERT_TRUE(tokens_->Delete(2).ok());
  EXPECT_NE(problem(), "") << "nobody has looked again";
  file_->LookAgain();
  EXPECT_EQ(problem(), "");
  const auto again = tokens_->Create({.name = "reader", .permissions = {.read = true}}).TakeValue();
  EXPECT_TRUE(tokens_->Authenticate(again).ok());
}

// What is damaged in the tree takes rights away, and gives none.
TEST_F(AuthDamageTest, EachRowOfTheTreeAndThePolicies) {
  const auto right = Rights();
  ASSERT_THAT(right.at("scoped"), Not(HasSubstr("nothing")));
  struct Case {
    const char* change;
    const char* named;
    const char* refused;  // the token that is refused as a whole
  };
  for (const auto& [change, named, refused] : std::vector<Case>{
           {"access_nodes SET is_enabled = 3 WHERE level = 1", "the organization 1 ('acme')", ""},
           {"access_nodes SET description = 'x' WHERE level = 2", "the team 2 ('line')", ""},
           {"access_nodes SET permissions = 'admin' WHERE level = 3", "the role 3 ('plant-*')", ""},
           {"access_nodes SET is_narrowed = 0 WHERE level = 3", "the role 3", ""},
           {"access_nodes SET permissions = 'admin' WHERE level = 4",
            "the measurement permission 4 ('cpu*')", ""},
           {"memberships SET created_at = 1", "that token 3 is in team 2", ""},
           {"policies SET requests_per_hour = 0", "the policy of token 2", "reader"},
           {"policies SET token_id = 66", "the policy of token 66", "reader"}}) {
    SCOPED_TRACE(change);
    Close();
    const auto kept = fs::ReadWholeFile(disk_, path(), 1 << 20).TakeValue();
    Damage(std::string("UPDATE ") + change);
    EXPECT_THAT(problem(), HasSubstr(named));
    auto expected = right;
    if (*refused != '\0') {
      expected[refused] = "";
    } else {
      expected["scoped"] = "scoped read,write,delete,admin 0 0 reads nothing";
    }
    EXPECT_EQ(Rights(), expected);
    Close();
    ASSERT_TRUE(fs::WriteWholeFile(disk_, path(), kept).ok());
    ASSERT_TRUE(Open().ok());
  }
}

TEST_F(AuthDamageTest, WhatIsDamagedInTheTreeCanBeRemoved) {
  Damage(
      "UPDATE access_nodes SET permissions = 'admin' WHERE level >= 3;"
      "UPDATE memberships SET created_at = 1; UPDATE policies SET query_seconds = 1");
  EXPECT_EQ(file_->damaged_row_count(), 4u);
  const auto edit = [](AccessSettings& settings) {
    settings.permissions = {.read = true};
    return Result<void>();
  };
  EXPECT_EQ(tree_->Change(AccessLevel::kRole, 3, edit).error().code, ErrorCode::kCorruptData);
  EXPECT_FALSE(tree_->Get(AccessLevel::kRole, 3).value().settings.permissions.admin);
  EXPECT_EQ(policies_->Change(2, {}).error().code, ErrorCode::kCorruptData);
  EXPECT_TRUE(policies_->Remove(2).ok());
  EXPECT_TRUE(tree_->Remove(AccessLevel::kRole, 3).ok());
  EXPECT_TRUE(tree_->Leave(3, 2).ok());
  file_->LookAgain();
  EXPECT_EQ(problem(), "");
  EXPECT_TRUE(tokens_->Authenticate(reader_).ok());
}

TEST_F(AuthDamageTest, ADamagedLastAdministratorGivesWayToTheSameChosenToken) {
  Damage("UPDATE tokens SET is_enabled = 0 WHERE id = 1");
  EXPECT_FALSE(tokens_->Authenticate(kChosen).ok());
  EXPECT_FALSE(store_->IsEmpty().value());
  ASSERT_TRUE(store_->Add({.name = "arc-recovery", .permissions = kEverything}, kChosen).ok());
  EXPECT_EQ(tokens_->Authenticate(kChosen).value().name, "arc-recovery");
  file_->LookAgain();
  EXPECT_EQ(problem(), "");
}

TEST_F(AuthDamageTest, DamageUnderARunningServerIsFoundWhenTheRowIsRead) {
  {
    MutexLock lock(file_->mutex);
    ASSERT_TRUE(
        file_->connection->Execute("UPDATE tokens SET checksum = checksum + 1 WHERE id = 2").ok());
  }
  file_->LookAgain();
  EXPECT_EQ(problem(), "") << "nothing was noticed";
  EXPECT_FALSE(tokens_->Authenticate(reader_).ok());
  file_->LookAgain();
  EXPECT_THAT(problem(), HasSubstr("the token 2 ('reader')"));
}

TEST_F(AuthDamageTest, NoChangeOfOursLooksLikeDamage) {
  ASSERT_TRUE(tokens_->Authenticate(reader_).ok());
  store_->WriteUses();
  const auto edit = [](TokenSettings& settings) {
    settings.description = "other";
    return Result<void>();
  };
  ASSERT_TRUE(tokens_->Change(2, edit).ok());
  reader_ = tokens_->Rotate(2).TakeValue();
  ASSERT_TRUE(policies_->Change(2, {.query_seconds = 9}).ok());
  const auto rename = [](AccessSettings& settings) {
    settings.description = "other";
    return Result<void>();
  };
  for (const auto level : {AccessLevel::kOrganization, AccessLevel::kTeam, AccessLevel::kRole,
                           AccessLevel::kMeasurement}) {
    ASSERT_TRUE(tree_->Change(level, static_cast<std::int64_t>(level), rename).ok());
  }
  ASSERT_TRUE(tree_->Leave(3, 2).ok());
  ASSERT_TRUE(tree_->Join(2, 2).ok());
  ASSERT_TRUE(tokens_->Revoke(3).ok());
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(problem(), "");
  EXPECT_EQ(store_->Get(2).value().description, "other");
}

TEST_F(AuthDamageTest, AFileOfAnOlderServerGetsItsChecksums) {
  const auto right = Rights();
  std::string sql;
  for (const auto* table : {"tokens", "access_nodes", "memberships", "policies"}) {
    sql += std::string("ALTER TABLE ") + table + " DROP COLUMN checksum;";
  }
  Damage(sql + "PRAGMA user_version = 3");
  EXPECT_EQ(problem(), "");
  EXPECT_EQ(Rights(), right);
  Damage("UPDATE tokens SET permissions = 'admin' WHERE id = 2");
  EXPECT_THAT(problem(), HasSubstr("the token 2"));
}

// SQLite answers from an index without the row behind it.
TEST_F(AuthDamageTest, AnIndexThatDoesNotAgreeWithItsRowsIsRefused) {
  Close();
  const auto kept = fs::ReadWholeFile(disk_, path(), 1 << 20).TakeValue();
  for (const auto& value : {HashOf(reader_).Hex(), std::string("reader"), std::string("plant-*")}) {
    std::size_t count = 0;  // in the row, and in the index
    for (auto at = kept.find(value); at != std::string::npos; at = kept.find(value, at + 1)) {
      auto bytes = kept;
      bytes[at] = static_cast<char>(bytes[at] ^ 1);
      ASSERT_TRUE(fs::WriteWholeFile(disk_, path(), bytes).ok());
      const auto opened = Open();
      ASSERT_FALSE(opened.ok()) << value << " at " << at;
      EXPECT_EQ(opened.error().code, ErrorCode::kCorruptData);
      EXPECT_THAT(opened.error().message, HasSubstr("put it back from a copy"));
      count++;
    }
    EXPECT_EQ(count, 2u) << value;
  }
}

// A bit of any byte: refused, or nobody has more than before, and who has less is told of.
TEST_F(AuthDamageTest, AnyFlippedBit) {
  const auto right = Rights();
  Close();
  const auto kept = fs::ReadWholeFile(disk_, path(), 1 << 20).TakeValue();
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::map<std::string, int> outcomes;
  for (std::size_t at = 0; at < kept.size(); at++) {
    if (random() % (kept[at] == 0 ? 1000 : 12) != 0) continue;
    auto bytes = kept;
    const auto bit = random() % 8;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
    ASSERT_TRUE(fs::WriteWholeFile(disk_, path(), bytes).ok());
    SCOPED_TRACE("bit " + std::to_string(bit) + " of byte " + std::to_string(at));
    const auto opened = Open();
    if (!opened.ok()) {
      EXPECT_EQ(opened.error().code, ErrorCode::kCorruptData) << LogText(opened.error());
      outcomes["refused"]++;
      Close();
      continue;
    }
    const auto found = Rights();
    for (const auto& [name, rights] : found) {
      const bool is_less = rights.empty() || rights.ends_with("nothing");
      EXPECT_TRUE(is_less || rights == right.at(name)) << name << ": " << rights;
    }
    EXPECT_TRUE(found == right || !problem().empty());
    outcomes[found == right ? "right" : "told"]++;
    Close();
  }
  EXPECT_GT(outcomes["refused"], 5);
  EXPECT_GT(outcomes["told"], 5);
  EXPECT_GT(outcomes["right"], 5);
}

}  // namespace
}  // namespace arc::auth
