// Tokens, from the file to the answer: store, cache and what changes between two requests.

#include "access/auth/token_authenticator.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "foundation/testing/temp_directory.h"

namespace arc::auth {
namespace {

using std::chrono::milliseconds;

class FakeClock : public Clock {
 public:
  std::int64_t NowMicros() const override { return 1'767'225'600'000'000 + passed_.load() * 1000; }
  SteadyTime NowSteady() const override { return SteadyTime(milliseconds(passed_.load())); }
  void Pass(milliseconds time) { passed_ += time.count(); }

 private:
  std::atomic<std::int64_t> passed_{0};
};

class TokenTestBase : public ::testing::Test {
 protected:
  static constexpr milliseconds kTtl{30'000};

  TokenTestBase() { Open(); }
  void Open() {
    tokens_.reset();
    store_.reset();
    policies_.reset();
    tree_.reset();
    file_.reset();
    file_ = AuthFile::Open(fs::FileSystem::Local(), path()).TakeValue();
    store_ = TokenStore::Open(*file_, clock_).TakeValue();
    tree_ = std::make_unique<AccessTree>(*file_, clock_, [this] { cache_.Invalidate(); });
    policies_ = std::make_unique<PolicyStore>(*file_, PolicyLimits{}, clock_,
                                              [this] { cache_.Invalidate(); });
    tokens_ = std::make_unique<TokenAuthenticator>(*store_, *tree_, *policies_, cache_, clock_);
  }
  std::string path() const { return directory_ / "auth.db"; }
  std::string Create(const std::string& name, Permissions permissions = {.read = true}) {
    return tokens_->Create({.name = name, .permissions = permissions}).TakeValue();
  }
  bool IsValid(const std::string& token) { return tokens_->Authenticate(token).ok(); }
  std::int64_t IdOf(const std::string& token) { return tokens_->Lookup(token).value().id; }

  const testing::TempDirectory directory_;
  FakeClock clock_;
  TokenCache cache_{100, kTtl, clock_};
  std::unique_ptr<AuthFile> file_;
  std::unique_ptr<TokenStore> store_;
  std::unique_ptr<AccessTree> tree_;
  std::unique_ptr<PolicyStore> policies_;
  std::unique_ptr<TokenAuthenticator> tokens_;
};

class TokenAuthenticatorTest : public TokenTestBase {};

TEST_F(TokenAuthenticatorTest, ATokenHasItsPermissionsAndOthersAreRefused) {
  const auto token = Create("reader", {.read = true});
  const auto principal = tokens_->Authenticate(token).TakeValue();
  EXPECT_EQ(principal.name, "reader");
  EXPECT_TRUE(principal.Has(Permission::kRead));
  EXPECT_FALSE(principal.Has(Permission::kWrite));
  for (const std::string& bad : {std::string(), std::string("x"), token + "=", token.substr(1),
                                 std::string(1 << 20, 'a'), std::string(44, '\0')}) {
    const auto refused = tokens_->Authenticate(bad);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::kUnauthenticated);
  }
}

TEST_F(TokenAuthenticatorTest, TokensOutliveARestartAndTheFileHoldsNone) {
  const auto token = Create("a");
  Open();
  EXPECT_TRUE(IsValid(token));
  const auto bytes = fs::ReadWholeFile(fs::FileSystem::Local(), path(), 1 << 20).TakeValue();
  EXPECT_EQ(bytes.find(token), std::string::npos);
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
}

TEST_F(TokenAuthenticatorTest, AChangeIsSeenByTheNextRequest) {
  const auto token = Create("a");
  const auto id = IdOf(token);
  const auto edit = [](TokenSettings& settings) {
    settings.name = "b";
    settings.permissions = {.write = true};
    return Result<void>();
  };
  ASSERT_TRUE(tokens_->Change(id, edit).ok());
  EXPECT_EQ(tokens_->Authenticate(token).value().name, "b");
  EXPECT_FALSE(tokens_->Authenticate(token).value().Has(Permission::kRead));

  const auto rotated = tokens_->Rotate(id).TakeValue();
  EXPECT_FALSE(IsValid(token));
  EXPECT_TRUE(IsValid(rotated));
  ASSERT_TRUE(tokens_->Revoke(id).ok());
  EXPECT_FALSE(IsValid(rotated));
  const auto other = Create("c");
  ASSERT_TRUE(tokens_->Delete(IdOf(other)).ok());
  EXPECT_FALSE(IsValid(other));
  EXPECT_EQ(store_->List().value().size(), 1u) << "a revoked one stays listed";
}

TEST_F(TokenAuthenticatorTest, ExpiryDoesNotWaitForTheCache) {
  const auto expires_at = clock_.NowMicros() + 5'000'000;
  const auto token =
      tokens_->Create({.name = "brief", .permissions = {.read = true}, .expires_at = expires_at})
          .TakeValue();
  EXPECT_TRUE(IsValid(token));
  clock_.Pass(milliseconds(4999));
  EXPECT_TRUE(IsValid(token));
  clock_.Pass(milliseconds(1));
  EXPECT_FALSE(IsValid(token));
}

TEST_F(TokenAuthenticatorTest, NamesAreUniqueAndIdsMustExist) {
  Create("a");
  EXPECT_EQ(tokens_->Create({.name = "a"}).error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(tokens_->Create({.name = ""}).error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(tokens_->Create({.name = std::string(129, 'a')}).error().code,
            ErrorCode::kInvalidInput);
  EXPECT_EQ(tokens_->Revoke(77).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(tokens_->Rotate(77).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store_->Get(77).error().code, ErrorCode::kNotFound);
}

TEST_F(TokenAuthenticatorTest, ChosenTokensMustFitIntoAHeader) {
  const auto code_of = [this](const std::string& token) {
    const auto added = store_->Add({.name = "chosen" + token}, token);
    return added.ok() ? ErrorCode::kInternal : added.error().code;
  };
  for (const auto& token :
       {std::string("too short"), std::string(31, 'x'), std::string(513, 'x'),
        std::string(40, 'x') + " ", std::string(40, 'x') + "\n", std::string(40, '\xc3')}) {
    EXPECT_EQ(code_of(token), ErrorCode::kInvalidInput) << token;
  }
  const std::string good(32, 'x');
  ASSERT_TRUE(store_->Add({.name = "chosen", .permissions = {.read = true}}, good).ok());
  EXPECT_TRUE(IsValid(good));
  EXPECT_EQ(code_of(good), ErrorCode::kAlreadyExists) << "two tokens cannot be the same";
}

// Two who change different things of a token at the same time: nothing of either is lost.
TEST_F(TokenAuthenticatorTest, ChangesAtTheSameTimeDoNotUndoEachOther) {
  const auto id = IdOf(Create("a", {.read = true}));
  std::atomic<int> failures{0};
  const auto change_often = [&](auto edit) {
    return std::thread([&failures, this, id, edit] {
      for (int i = 1; i <= 100; i++) {
        const auto changed = tokens_->Change(id, [&](TokenSettings& settings) {
          edit(settings, i);
          return Result<void>();
        });
        if (!changed.ok()) failures++;
      }
    });
  };
  auto first = change_often(
      [](TokenSettings& settings, int i) { settings.description = std::to_string(i); });
  auto second = change_often([](TokenSettings& settings, int i) { settings.expires_at = i; });
  first.join();
  second.join();
  EXPECT_EQ(failures, 0);
  const auto info = store_->Get(id).value();
  EXPECT_EQ(info.description, "100");
  EXPECT_EQ(info.expires_at, 100);
}

TEST_F(TokenAuthenticatorTest, AFileThatOthersCouldReadIsTakenBack) {
  ASSERT_EQ(::chmod(path().c_str(), 0644), 0);
  Open();
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
}

TEST_F(TokenAuthenticatorTest, UnknownTokensLeaveNothing) {
  const auto good = Create("good");
  ASSERT_TRUE(IsValid(good));
  for (int i = 0; i < 10'000; i++) EXPECT_FALSE(IsValid("bad" + std::to_string(i)));
  EXPECT_EQ(cache_.stats().size, 1u);
  EXPECT_EQ(cache_.stats().evictions, 0u);
}

TEST_F(TokenAuthenticatorTest, LastUsesAreNoted) {
  const auto token = Create("a");
  const auto id = IdOf(token);
  clock_.Pass(kTtl);
  ASSERT_TRUE(IsValid(token));
  EXPECT_FALSE(store_->Get(id).value().last_used_at);
  store_->WriteUses();
  EXPECT_EQ(store_->Get(id).value().last_used_at, clock_.NowMicros());
}

TEST_F(TokenAuthenticatorTest, AFileOfSomethingElseIsLeftAlone) {
  tokens_.reset();
  policies_.reset();
  tree_.reset();
  store_.reset();
  file_.reset();
  ASSERT_TRUE(fs::FileSystem::Local().Remove(path()).ok());
  ASSERT_TRUE(fs::WriteWholeFile(fs::FileSystem::Local(), path(), "not a database").ok());
  EXPECT_FALSE(AuthFile::Open(fs::FileSystem::Local(), path()).ok());
  EXPECT_EQ(fs::ReadWholeFile(fs::FileSystem::Local(), path(), 100).value(), "not a database");
}

TEST_F(TokenAuthenticatorTest, ARevocationIsNeverOvertakenByALookup) {
  for (int round = 0; round < 20; round++) {
    const auto token = Create("t" + std::to_string(round));
    const auto id = IdOf(token);
    std::atomic<bool> is_revoked{false};
    std::atomic<int> seen_after{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; i++) {
      threads.emplace_back([&] {
        for (int n = 0; n < 300; n++) {
          const bool was_revoked = is_revoked;
          if (IsValid(token) && was_revoked) seen_after++;
        }
      });
    }
    ASSERT_TRUE(tokens_->Revoke(id).ok());
    is_revoked = true;
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(seen_after, 0);
    EXPECT_FALSE(IsValid(token));
  }
}

class TokenCacheTest : public TokenTestBase {
 protected:
  void Put(int number) {
    cache_.Put(HashOf(std::to_string(number)), std::make_shared<const TokenInfo>(),
               cache_.version());
  }
  bool Has(int number) { return cache_.Find(HashOf(std::to_string(number))) != nullptr; }
};

TEST_F(TokenCacheTest, AThousandTokensUsedOnceAreForgotten) {
  TokenCache large(1000, kTtl, clock_);
  for (int i = 0; i < 1000; i++) {
    large.Put(HashOf(std::to_string(i)), std::make_shared<const TokenInfo>(), large.version());
  }
  EXPECT_EQ(large.stats().size, 1000u);
  clock_.Pass(kTtl - milliseconds(1));
  large.Sweep();
  EXPECT_EQ(large.stats().size, 1000u);
  clock_.Pass(milliseconds(1));
  large.Sweep();
  const auto stats = large.stats();
  EXPECT_EQ(stats.size, 0u);
  EXPECT_EQ(stats.expired, 1000u);
  EXPECT_EQ(stats.last_sweep_removed, 1000u);
  EXPECT_EQ(stats.last_sweep_at, clock_.NowMicros());
  EXPECT_TRUE(stats.is_sweeper_running);
}

TEST_F(TokenCacheTest, IsBounded) {
  for (int i = 0; i < 5000; i++) Put(i);
  EXPECT_LE(cache_.stats().size, 100u);
  EXPECT_EQ(cache_.stats().evictions, 5000u - cache_.stats().size);
  EXPECT_TRUE(Has(4999));
  EXPECT_FALSE(Has(0));
}

TEST_F(TokenCacheTest, TheOldestMakesRoom) {
  for (int i = 0; i < 100; i++) Put(i);
  clock_.Pass(milliseconds(1));
  Put(0);  // read again: the youngest
  Put(100);
  EXPECT_TRUE(Has(0));
  int gone = 0;
  for (int i = 1; i < 100; i++) gone += Has(i) ? 0 : 1;
  EXPECT_EQ(gone, 1);
  EXPECT_EQ(cache_.stats().size, 100u);
  EXPECT_EQ(cache_.stats().evictions, 1u);
}

TEST_F(TokenCacheTest, WhatWasReadBeforeAnInvalidationIsNotBelievedAfterIt) {
  const auto before = cache_.version();
  cache_.Invalidate();
  cache_.Put(HashOf("7"), std::make_shared<const TokenInfo>(), before);
  EXPECT_FALSE(Has(7));
  Put(8);
  EXPECT_TRUE(Has(8));
}

// A thread's own memory of a token must end with the same things as the cache's.
TEST_F(TokenCacheTest, WhatAThreadFindsAgainAndAgainIsForgottenAsTheRestIs) {
  const auto find_often = [this] {
    for (int i = 0; i < 5; i++) EXPECT_TRUE(Has(1)) << i;
  };
  Put(1);
  find_often();
  cache_.Invalidate();
  EXPECT_FALSE(Has(1)) << "a change";
  Put(1);
  find_often();
  clock_.Pass(kTtl);
  EXPECT_FALSE(Has(1)) << "time";
  Put(1);
  find_often();
  TokenCache other(100, kTtl, clock_);
  EXPECT_EQ(other.Find(HashOf("1")), nullptr) << "another cache";
  EXPECT_EQ(cache_.stats().hits, 15u) << "these count as well";
}

TEST_F(TokenCacheTest, ChangesReachEveryThreadThatRemembers) {
  std::atomic<std::int64_t> current{0};
  std::atomic<bool> is_done{false};
  std::atomic<int> stale{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; i++) {
    threads.emplace_back([&] {
      const auto hash = HashOf("1");
      while (!is_done) {
        const auto at_least = current.load();
        const auto* found = cache_.Find(hash);
        if (found != nullptr && found->id < at_least) stale++;
      }
    });
  }
  for (std::int64_t id = 1; id <= 2'000; id++) {
    cache_.Invalidate();
    current = id;
    TokenInfo info;
    info.id = id;
    cache_.Put(HashOf("1"), std::make_shared<const TokenInfo>(info), cache_.version());
  }
  is_done = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(stale, 0);
}

TEST_F(TokenCacheTest, CountsHitsAndMisses) {
  Put(1);
  Has(1);
  Has(1);
  Has(2);
  clock_.Pass(kTtl);
  Has(1);
  const auto stats = cache_.stats();
  EXPECT_EQ(stats.hits, 2u);
  EXPECT_EQ(stats.misses, 2u);
  EXPECT_EQ(stats.expired, 1u);
  EXPECT_EQ(stats.size, 0u);
}

TEST_F(TokenCacheTest, TheThreadSurvivesWhatFailsAndGoesOn) {
  std::atomic<int> sweeps{0};
  TokenCache other(
      10, milliseconds(1), clock_,
      [&sweeps]() -> void {
        sweeps++;
        throw std::runtime_error("a disk that is gone");
      },
      milliseconds(5));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (sweeps < 3 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_GE(sweeps, 3);
  EXPECT_TRUE(other.stats().is_sweeper_running);
}

TEST_F(TokenCacheTest, StopsAtOnce) {
  const auto began = std::chrono::steady_clock::now();
  { TokenCache other(10, kTtl, clock_); }
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(1));
}

}  // namespace
}  // namespace arc::auth
