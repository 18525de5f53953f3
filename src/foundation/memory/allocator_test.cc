// The process's allocator as DuckDB meets it: what is refused, what is not, and that DuckDB goes on
// afterwards. Never sanitized: a sanitizer would bring its own malloc.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <new>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <duckdb.hpp>
#include <duckdb/parallel/task_scheduler.hpp>

#include "foundation/memory/query_account.h"
#include "foundation/memory/query_arenas.h"
#include "foundation/memory/thread_marks.h"

namespace arc::memory {

// In a named namespace, so in the dynamic symbol table, and no clones, as DuckDB's destructors are.
struct AllocatesWhenDestroyed {
  std::size_t bytes;
  __attribute__((noipa)) ~AllocatesWhenDestroyed();
};
AllocatesWhenDestroyed::~AllocatesWhenDestroyed() {
  char* memory = new char[bytes];
  asm volatile("" : : "r"(memory) : "memory");
  delete[] memory;
}

namespace {

using ::testing::HasSubstr;

constexpr std::size_t kMebibyte = std::size_t{1} << 20;
constexpr std::size_t kLimit = 256 * kMebibyte;

QueryAccount& Account() { return QueryAccount::OfProcess(); }

class AllocatorTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    static const bool is_used = UseQueryArenas();
    ASSERT_TRUE(is_used);
    goes_on_ = true;
    Account().SetLimit(kLimit);
    duckdb::DBConfig config;
    config.SetOptionByName("memory_limit", duckdb::Value("200MiB"));
    config.SetOptionByName("threads", duckdb::Value::BIGINT(4));
    config.SetOptionByName("external_threads", duckdb::Value::BIGINT(4));
    config.SetOptionByName("temp_directory", duckdb::Value(""));
    database_ = std::make_unique<duckdb::DuckDB>(nullptr, &config);
    for (int i = 0; i < 3; i++) {
      workers_.emplace_back([] {
        BecomeQueryThread();
        duckdb::TaskScheduler::GetScheduler(*database_->instance).ExecuteForever(&goes_on_);
      });
    }
  }
  static void TearDownTestSuite() {
    goes_on_ = false;
    duckdb::TaskScheduler::GetScheduler(*database_->instance).Signal(workers_.size());
    for (auto& worker : workers_) worker.join();
    workers_.clear();
    database_.reset();
  }

  // The error, or "" when there was none.
  static std::string Run(const std::string& sql) {
    duckdb::Connection connection(*database_);
    const QueryScope scope;
    try {
      const auto result = connection.Query(sql);
      return result->HasError() ? result->GetError() : "";
    } catch (const std::bad_alloc&) {
      return "Out of Memory: thrown";
    }
  }

  static std::unique_ptr<duckdb::DuckDB> database_;
  static std::vector<std::thread> workers_;
  static duckdb::atomic<bool> goes_on_;
};

std::unique_ptr<duckdb::DuckDB> AllocatorTest::database_;
std::vector<std::thread> AllocatorTest::workers_;
duckdb::atomic<bool> AllocatorTest::goes_on_{true};

// Keeps the compiler from leaving out an allocation that nobody uses.
void Touch(void* memory) { asm volatile("" : : "r"(memory) : "memory"); }

TEST_F(AllocatorTest, CountsWhatQueriesHoldAndNothingElse) {
  const auto before = Account().used();
  const std::unique_ptr<char[]> of_nobody(new char[64 * kMebibyte]);
  Touch(of_nobody.get());
  EXPECT_EQ(Account().used(), before);
  std::thread([before] {
    const QueryScope scope;
    const std::unique_ptr<char[]> of_query(new char[64 * kMebibyte]);
    Touch(of_query.get());
    EXPECT_GE(Account().used(), before + 64 * kMebibyte);
    EXPECT_LT(Account().used(), before + 70 * kMebibyte);
  }).join();
}

TEST_F(AllocatorTest, RefusesEachWayToMemoryToQueriesAlone) {
  const auto refusals = Account().refusals();
  std::thread([] {
    {
      const QueryScope scope;
      EXPECT_THROW(Touch(new char[2 * kLimit]), std::bad_alloc);
      void* memory = std::malloc(2 * kLimit);
      EXPECT_EQ(memory, nullptr);
      EXPECT_EQ(new (std::nothrow) char[2 * kLimit], nullptr);
      void* small = std::malloc(100);
      void* grown = std::realloc(small, 2 * kLimit);
      EXPECT_EQ(grown, nullptr);
      if (grown == nullptr) std::free(small);
      EXPECT_EQ(::operator new(2 * kLimit, std::align_val_t(4096), std::nothrow), nullptr);
    }
    void* memory = std::malloc(2 * kLimit);
    EXPECT_NE(memory, nullptr) << "the thread works for nobody's query any more";
    std::free(memory);
  }).join();
  EXPECT_GT(Account().refusals(), refusals);
}

TEST_F(AllocatorTest, GivesMemoryToWhoeverIsFailingAlready) {
  std::thread([] {
    const auto in_pieces = [](std::size_t count) {
      std::vector<std::unique_ptr<char[]>> pieces;
      for (std::size_t i = 0; i < count; i++) {
        pieces.emplace_back(new char[kMebibyte / 2]);
        Touch(pieces.back().get());
      }
    };
    const QueryScope scope;
    const std::unique_ptr<char[]> most(new char[kLimit - 60 * kMebibyte]);
    EXPECT_THROW(in_pieces(150), std::bad_alloc);
    try {
      Touch(new char[2 * kLimit]);
      FAIL() << "not refused";
    } catch (const std::bad_alloc&) {
      in_pieces(150);
      EXPECT_THROW(Touch(new char[2 * kLimit]), std::bad_alloc) << "nobody needs as much for that";
    }
  }).join();
}

// Where a refusal would end the process.
TEST_F(AllocatorTest, GivesMemoryToDestructors) {
  std::thread([] {
    const QueryScope scope;
    EXPECT_THROW(Touch(new char[2 * kLimit]), std::bad_alloc);
    std::make_unique<AllocatesWhenDestroyed>(2 * kLimit).reset();
  }).join();
}

TEST_F(AllocatorTest, ManySmallPiecesAreRefusedToo) {
  std::vector<std::unique_ptr<std::string>> pieces;
  pieces.reserve(20'000'000);
  std::thread([&pieces] {
    const QueryScope scope;
    EXPECT_THROW(
        {
          while (pieces.size() < pieces.capacity()) {
            pieces.push_back(std::make_unique<std::string>(100, 'x'));
          }
        },
        std::bad_alloc);
    EXPECT_LE(Account().used(), kLimit + Account().slack() + QueryAccount::kGraceBytes);
    EXPECT_GE(Account().used(), kLimit);
    pieces.clear();
  }).join();
}

// Freed memory that an arena keeps for later does not stand in the way of another thread's query.
TEST_F(AllocatorTest, WhatOneQueryFreedTheNextMayHave) {
  for (int i = 0; i < 16; i++) {
    std::thread([] {
      const QueryScope scope;
      const std::unique_ptr<char[]> most(new char[kLimit - 60 * kMebibyte]);
      Touch(most.get());
    }).join();
  }
}

TEST_F(AllocatorTest, WhatIsFreedGoesBackToTheSystem) {
  std::thread([] {
    const QueryScope scope;
    std::vector<std::unique_ptr<char[]>> pieces;
    for (int i = 0; i < 1000; i++) pieces.emplace_back(new char[200'000]);
  }).join();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (Account().used() > 40 * kMebibyte && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // jemalloc has its own clock
  }
  EXPECT_LE(Account().used(), 40 * kMebibyte);
}

// Each takes gigabytes where nobody counts: functions and planner are outside of DuckDB's own
// limit.
constexpr const char* kGreedy[] = {
    "SELECT length(repeat('x', 3000000000))",
    "SELECT list_distinct(range(50000000))[1]",
    "SELECT list_sort(range(50000000))[1]",
    "SELECT sum(length(repeat('x', (10000000 + i)::BIGINT))) FROM range(2000) t(i)",
    "SELECT damerau_levenshtein(repeat('ab', 10000), repeat('ba', 10000))",
    "SELECT len(string_split(repeat('a,', 100000000), ','))",
    "SELECT len(list_resize([1], 500000000))",
    "SELECT histogram('aaaaaaaaaaaaaaaaaaaaaaaa' || i::VARCHAR) FROM range(10000000) t(i)",
    "SELECT list(DISTINCT 'aaaaaaaaaaaaaaaaaaaaaaaa' || i::VARCHAR) FROM range(10000000) t(i)",
};

class GreedyQueryTest : public AllocatorTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(GreedyQueryTest, FailsAloneAndAtOnceWithOthers) {
  std::uint64_t most = 0;
  std::atomic<bool> is_done = false;
  std::thread watcher([&] {
    while (!is_done) {
      most = std::max(most, Account().used());
      std::this_thread::yield();
    }
  });
  EXPECT_THAT(Run(GetParam()), HasSubstr("Out of Memory"));
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; i++) {
    threads.emplace_back([&] {
      if (!Run(GetParam()).empty()) failed++;
    });
  }
  for (auto& thread : threads) thread.join();
  is_done = true;
  watcher.join();
  EXPECT_EQ(failed, 8);
  // Eight threads of ours, three of DuckDB's.
  EXPECT_LE(most, kLimit + Account().slack() + 11 * QueryAccount::kGraceBytes);
  EXPECT_EQ(Run("SELECT count(DISTINCT i % 1000) FROM range(1000000) t(i)"), "");
}

// What does not grow so plainly: some of it fits, some spills, some fails, in any order.
constexpr const char* kMixed[] = {
    "SELECT i % 100 g, string_agg(i::VARCHAR, ',') FROM range(200000) t(i) GROUP BY 1 ORDER BY 2",
    "SELECT a.i, b.i FROM range(500000) a(i) JOIN range(500000) b(i) ON a.i = b.i ORDER BY 1 LIMIT "
    "9",
    "SELECT i, row_number() OVER (PARTITION BY i % 7 ORDER BY i DESC) FROM range(500000) t(i)",
    "SELECT md5(i::VARCHAR) k, count(*) FROM range(1500000) t(i) GROUP BY 1 ORDER BY 2 LIMIT 3",
    "SELECT map([i], [i]), {'a': i} FROM range(300000) t(i) ORDER BY 1 LIMIT 9",
    "SELECT map_from_entries(list((i, 'aaaaaaaaaaaaaaa' || i))) FROM range(600000) t(i)",
    "SELECT quantile_cont(i, [0.1, 0.5]), mode(i) FROM range(1000000) t(i)",
    "SELECT list_aggregate(range(2000000), 'histogram')",
    "SELECT len(regexp_extract_all(repeat('ab', 2000000), 'a'))",
    "SELECT max(x) FROM (SELECT list(i) x FROM range(2000000) t(i) GROUP BY i % 50000)",
    "SELECT arg_max(repeat('y', 20000), i, 100) FROM range(10000) t(i)",
    "WITH RECURSIVE r(n, s) AS (SELECT 1, 'a' UNION ALL SELECT n + 1, s || s FROM r WHERE n < 40) "
    "SELECT max(length(s)) FROM r",
    "PIVOT (SELECT i % 30 a, i % 4 b, i c FROM range(100000) t(i)) ON a USING sum(c)",
    "SELECT CAST('abc' AS INT)",
    "SELECT length(repeat('x', 300000000))",
};

// ARC_FUZZ_SECONDS makes it longer, ARC_FUZZ_SEED another.
TEST_F(AllocatorTest, DuckDbLivesThroughRefusalsOfEveryKind) {
  const auto number = [](const char* name, unsigned otherwise) {
    const char* text = std::getenv(name);
    return text != nullptr ? static_cast<unsigned>(std::atoi(text)) : otherwise;
  };
  const auto seed = number("ARC_FUZZ_SEED", 1);
  SCOPED_TRACE(seed);
  const auto end =
      std::chrono::steady_clock::now() + std::chrono::seconds(number("ARC_FUZZ_SECONDS", 5));
  Account().SetLimit(96 * kMebibyte);
  std::atomic<int> answers = 0;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 6; i++) {
    threads.emplace_back([&, i] {
      std::mt19937 random(seed * 100 + i);
      while (std::chrono::steady_clock::now() < end) {
        answers += Run(kMixed[random() % std::size(kMixed)]).empty() ? 1 : 0;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  Account().SetLimit(kLimit);
  EXPECT_GT(answers, 0);
  // It may keep a reservation of a query that was refused, and then say that its memory is used up.
  EXPECT_THAT(Run("SELECT count(DISTINCT i % 1000) FROM range(1000000) t(i)"),
              ::testing::AnyOf("", ::testing::StartsWith("Out of Memory Error")));
  EXPECT_EQ(Run("SELECT 1"), "");
}

INSTANTIATE_TEST_SUITE_P(Statements, GreedyQueryTest, ::testing::ValuesIn(kGreedy));

}  // namespace
}  // namespace arc::memory
