// Statements made of pieces that are known to be dangerous, for what they reach or for the values
// that they make, mutated: none may open a file, read a secret, change a setting or bring the
// engine down. ARC_FUZZ_SECONDS makes it run longer than its few seconds, ARC_FUZZ_SEED repeats a
// run.

#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "foundation/base/mutex.h"
#include "foundation/testing/batch_builder.h"
#include "foundation/testing/temp_directory.h"
#include "query/engine/engine_test_base.h"

namespace arc::engine {
namespace {

constexpr const char* kSecret = "canary7391";
constexpr auto kStatementTimeMax = std::chrono::milliseconds(300);

// Notices every access to a folder and the files in it.
class FolderWatch {
 public:
  explicit FolderWatch(const std::string& folder) : queue_(::inotify_init1(IN_NONBLOCK)) {
    CHECK(queue_ >= 0 && ::inotify_add_watch(queue_, folder.c_str(), IN_ALL_EVENTS) >= 0,
          "a test cannot watch its folder");
  }
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;
  ~FolderWatch() { ::close(queue_); }

  bool HasHeard() {
    std::array<char, 4096> events;
    return ::read(queue_, events.data(), events.size()) > 0;
  }

 private:
  const int queue_;
};

// Interrupts a query that takes too long.
class Watchdog {
 public:
  explicit Watchdog(QueryStop& stop) : thread_([this, &stop] { Watch(stop); }) {}
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog() {
    {
      MutexLock lock(mutex_);
      is_over_ = true;
    }
    over_.NotifyAll();
    thread_.join();
  }

 private:
  void Watch(QueryStop& stop) {
    const auto deadline = std::chrono::steady_clock::now() + kStatementTimeMax;
    MutexLock lock(mutex_);
    while (!is_over_) {
      if (over_.WaitUntil(lock, deadline) == std::cv_status::timeout) {
        return stop.Interrupt(InterruptReason::kDeadline);
      }
    }
  }

  Mutex mutex_;
  Condition over_;
  bool is_over_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

class Mutator {
 public:
  Mutator(std::uint64_t seed, const std::string& folder) : random_(seed) {
    const auto file = "'" + folder + "/canary.csv'";
    for (std::string piece : kPieces) {
      for (auto at = piece.find('@'); at != std::string::npos; at = piece.find('@')) {
        piece.replace(at, 1, file);
      }
      pieces_.push_back(std::move(piece));
    }
  }

  std::string Next() {
    auto sql = Pick(pieces_);
    const auto steps = 1 + random_() % 5;
    for (std::size_t i = 0; i < steps && sql.size() < 2000; i++) sql = Mutate(std::move(sql));
    return sql;
  }

 private:
  template <class Items>
  std::string Pick(const Items& items) {
    return std::string(items[random_() % std::size(items)]);
  }

  std::string Mutate(std::string sql) {
    switch (random_() % 10) {
      case 0: {  // into another statement
        std::string framed;
        for (const char c : Pick(kFrames)) framed += c == '#' ? sql : std::string(1, c);
        return framed;
      }
      case 1: {  // the end of another one after the beginning of this
        const auto other = Pick(pieces_);
        return sql.substr(0, Place(sql)) + other.substr(Place(other));
      }
      case 2:  // a word between
        return sql.substr(0, Place(sql)) + " " + Pick(kWords) + " " + sql.substr(Place(sql));
      case 3: {  // another case
        for (auto& c : sql) {
          if (random_() % 3 == 0 && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        }
        return sql;
      }
      case 4: {  // comments for spaces
        const auto space = sql.find(' ', Place(sql));
        if (space != std::string::npos) sql.replace(space, 1, "/**/\n--x\n");
        return sql;
      }
      case 5: {  // a byte changed
        if (!sql.empty()) sql[random_() % sql.size()] = static_cast<char>(random_() % 256);
        return sql;
      }
      case 6: {  // a part left out
        const auto begin = Place(sql);
        return sql.erase(begin, 1 + random_() % 8);
      }
      case 7: {  // a name quoted
        const auto open = sql.find('(');
        const auto begin = open == std::string::npos ? open : sql.rfind(' ', open);
        if (begin == std::string::npos) return sql;
        return sql.substr(0, begin + 1) + '"' + sql.substr(begin + 1, open - begin - 1) + '"' +
               sql.substr(open);
      }
      case 8:
        return sql + Pick(kEnds) + Pick(pieces_);
      default:
        return "SELECT * FROM (" + sql + ") AS t, (" + Pick(pieces_) + ") AS u";
    }
  }

  std::size_t Place(const std::string& text) { return text.empty() ? 0 : random_() % text.size(); }

  static constexpr const char* kPieces[] = {
      // Values that are deep, long or slow.
      "SELECT repeat('a', 500000) LIKE repeat('%a', 400000) || host FROM cpu",
      "SELECT repeat('a', 60) ILIKE repeat('%a', 24) || 'b%' FROM cpu",
      "SELECT host GLOB repeat('*a', 100000) FROM cpu",
      "SELECT json_structure(repeat('[', 300000) || repeat(']', 300000))",
      "SELECT json_merge_patch(repeat('{\"a\":', 20000), host) FROM cpu",
      "SELECT (repeat('[', 50000) || repeat(']', 50000))::JSON::VARIANT::VARCHAR",
      "SELECT json_transform(host, repeat('[', 90000)) FROM cpu",
      "SELECT length(repeat(host, 3000000000)) FROM cpu",
      "SELECT list_distinct(range(50000000))",
      "SELECT damerau_levenshtein(repeat('a', 20000), repeat('b', 20000))",
      "SELECT format('{:>2000000000}', host), printf('%*d', 2000000000, 3) FROM cpu",
      "SELECT list_transform([1], lambda x: list_transform([x], lambda y: repeat('z', 9 + y)))",
      "SELECT list_aggregate(range(9), repeat('sum', 9000))",
      "SELECT * FROM read_csv(@)",
      "SELECT * FROM read_csv_auto([@])",
      "SELECT * FROM read_text(@)",
      "SELECT * FROM read_blob(@)",
      "FROM @",
      "SELECT * FROM read_json(@)",
      "FROM glob('/etc/*')",
      "SELECT * FROM parquet_scan(@)",
      "SELECT * FROM read_parquet(@)",
      "FROM sniff_csv(@)",
      "SELECT * FROM parquet_metadata(@)",
      "COPY cpu TO @",
      "COPY (SELECT 1) TO @ (FORMAT csv)",
      "COPY cpu FROM @",
      "EXPORT DATABASE @",
      "IMPORT DATABASE @",
      "ATTACH @ AS x",
      "DETACH arc",
      "INSTALL httpfs",
      "LOAD @",
      "SET memory_limit = '1KB'",
      "SET threads = 1",
      "RESET threads",
      "PRAGMA database_list",
      "PRAGMA enable_profiling",
      "SET GLOBAL TimeZone = 'Asia/Tokyo'",
      "SELECT getenv('ARC_CANARY')",
      "SELECT current_setting('allowed_directories')",
      "FROM duckdb_settings()",
      "FROM duckdb_secrets()",
      "CREATE SECRET s (TYPE s3)",
      "FROM duckdb_logs",
      "FROM pragma_database_list()",
      "FROM duckdb_temporary_files()",
      "CREATE TABLE x AS SELECT * FROM cpu",
      "CREATE VIEW v AS SELECT * FROM read_text(@)",
      "CREATE MACRO m(a) AS TABLE SELECT * FROM read_text(a)",
      "DROP TABLE cpu",
      "DELETE FROM cpu",
      "INSERT INTO cpu VALUES (now())",
      "UPDATE cpu SET time = now()",
      "ALTER TABLE cpu ADD x INT",
      "CREATE INDEX i ON cpu (time)",
      "VACUUM",
      "CHECKPOINT",
      "CALL pragma_version()",
      "PREPARE p AS SELECT * FROM read_text(@)",
      "EXECUTE p",
      "USE system",
      "BEGIN",
      "SELECT * FROM query('SELECT * FROM read_text(@)')",
      "FROM query_table('cpu')",
      "SELECT json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
      "FROM json_execute_serialized_sql('{}')",
      "SELECT * FROM arc_scan('cpu')",
      "SELECT * FROM 'arc_0/canary'",
      "SELECT write_log('x')",
      "SELECT read_text(@)",
      "SELECT * FROM cpu",
      "SELECT host, count(*) FROM cpu GROUP BY 1",
      "SHOW ALL TABLES",
      "SELECT * FROM information_schema.tables",
      "WITH t AS (SELECT * FROM cpu) SELECT * FROM t",
      "PIVOT cpu ON host IN ('a') USING count(*)",
      "DESCRIBE cpu",
      "SUMMARIZE cpu",
      "SELECT (SELECT content FROM read_text(@))",
      "FROM range(5)",
      "VALUES (1), (2)",
      "SELECT * FROM cpu WHERE host IN (SELECT content FROM read_text(@))",
      "SELECT unnest([1, 2])",
  };
  static constexpr const char* kFrames[] = {
      "SELECT * FROM (#) AS t",
      "WITH w AS (#) SELECT * FROM w",
      "EXPLAIN #",
      "EXPLAIN ANALYZE #",
      "SELECT (#)",
      "# UNION ALL #",
      "SELECT * FROM cpu WHERE EXISTS (#)",
      "SUMMARIZE #",
      "DESCRIBE #",
      "PIVOT (#) ON host USING count(*)",
      "PIVOT (#) ON host IN (#) USING count(*)",
      "SELECT * FROM cpu, LATERAL (#) AS l",
      "WITH RECURSIVE r AS (# UNION ALL #) FROM r LIMIT 3",
      "SELECT list_transform([1], x -> (#))",
      "SELECT CASE WHEN true THEN (#) END",
      "SELECT * FROM cpu ORDER BY (#) LIMIT (#)",
      "(#)",
      "SELECT count(*) FILTER ((#) = 1) FROM cpu",
      "SELECT * FROM cpu QUALIFY row_number() OVER (ORDER BY (#)) = 1",
      "FROM (SHOW TABLES), (#)",
      "SELECT * FROM unnest((#))",
      "SELECT sum(1) OVER (PARTITION BY (#)) FROM cpu",
  };
  static constexpr const char* kWords[] = {
      "SELECT",
      "FROM",
      "read_text",
      "(",
      ")",
      "'",
      "\"",
      ";",
      "--",
      "/*",
      "*/",
      "$$",
      "E'\\x27'",
      "main.",
      "system.main.",
      "\"read_csv\"",
      "pg_catalog.",
      "COPY",
      "SET",
      "::",
      "[",
      "]",
      "{",
      "}",
      "?",
      "$1",
      "*",
      ",",
      "NULL",
      "AS",
      "cpu",
      "query",
      "TABLE",
      "LATERAL",
      "\\",
      "U&'\\0027'",
  };
  static constexpr const char* kEnds[] = {"; ", ";;", " UNION ALL ", " -- \n", "\n;\n", " "};

  std::mt19937_64 random_;
  std::vector<std::string> pieces_;
};

// Rows and errors, as a client would see them.
std::string Answer(Engine& engine, const std::string& sql) {
  QueryRequest request;
  request.sql = sql;
  request.limit = 20;
  request.stop = std::make_shared<QueryStop>();
  const Watchdog watchdog(*request.stop);
  auto started = engine.Start(request);
  if (!started.ok()) return started.error().message;
  auto& run = *started.value();
  std::string text;
  for (;;) {
    auto next = run.Next();
    if (!next.ok()) return text + next.error().message;
    if (next.value() == nullptr) return text;
    text += TextOf(*next.value());
  }
}

std::uint64_t NumberFrom(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(GuardMutationTest, NothingOutsideIsReached) {
  const testing::TempDirectory folder;
  std::ofstream(folder / "canary.csv") << "host\n" << kSecret << "\n";
  ::setenv("ARC_CANARY", kSecret, 1);
  World world;
  world.AddFile({"default", "cpu"}, {{"host", ColumnType::kString}},
                "SELECT to_timestamp(range) AS time, 'a' AS host FROM range(10)");
  const std::string healthy = "SELECT count(*), max(time)::VARCHAR, 1::VARCHAR FROM cpu";
  const auto expected = Answer(world.engine(), healthy);
  const std::string listing = "SELECT table_name FROM information_schema.tables ORDER BY ALL";
  const auto tables = Answer(world.engine(), listing);

  FolderWatch watch(folder.path());
  const auto seed = NumberFrom("ARC_FUZZ_SEED", 20'260'101);
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::seconds(NumberFrom("ARC_FUZZ_SECONDS", 5));
  Mutator mutator(seed, folder.path());
  std::size_t count = 0, answered = 0;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto sql = mutator.Next();
    const auto answer = Answer(world.engine(), sql);
    // The path in the statement, which an error may show, does not hold the secret.
    ASSERT_EQ(answer.find(kSecret), std::string::npos) << "seed " << seed << ": " << sql;
    ASSERT_FALSE(watch.HasHeard()) << "seed " << seed << ": " << sql;
    count++;
    if (answer.find("rror") == std::string::npos) answered++;
    if (count % 100 == 0) {
      ASSERT_EQ(Answer(world.engine(), healthy), expected) << "after " << sql;
      ASSERT_EQ(Answer(world.engine(), listing), tables) << "after " << sql;
    }
  }
  EXPECT_GT(count, 200u);
  EXPECT_GT(answered, count / 100) << "mutations that are all refused try nothing";
  std::printf("%zu statements, %zu of them answered\n", count, answered);
}

}  // namespace
}  // namespace arc::engine
