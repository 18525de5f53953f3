// Skipping files must save work and must never change an answer.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "foundation/testing/batch_builder.h"
#include "query/engine/engine_test_base.h"

namespace arc::engine {
namespace {

using testing::BatchBuilder;

const MeasurementName kCpu{"default", "cpu"};
const std::vector<SchemaColumn> kColumns = {{"host", ColumnType::kString, ColumnRole::kTag},
                                            {"v", ColumnType::kDouble, ColumnRole::kField}};

// Hourly files of 20 rows on both sides of 1970, some that overlap with others, and two buffers;
// the same rows in an ordinary table.
class PruningWorld : public World {
 public:
  static constexpr std::int64_t kHour = 3'600'000'000;
  static constexpr int kFiles = 40;

  PruningWorld() {
    Plain("CREATE TABLE cpu (time TIMESTAMPTZ, host VARCHAR, v DOUBLE)");
    for (int i = 0; i < kFiles; i++) AddRows((i - kFiles / 2) * kHour, kHour - 1, 20);
    AddRows(-7 * kHour, 20 * kHour, 30);
    AddRows(3 * kHour, 2 * kHour, 10);
    AddBuffer(kFiles / 2 * kHour);
    AddBuffer(-3 * kHour);
  }

 private:
  // `count` rows from `first` to exactly `first + span`.
  void AddRows(std::int64_t first, std::int64_t span, int count) {
    const auto step = span / (count - 1);
    const auto select = "SELECT make_timestamptz(if(i = " + std::to_string(count - 1) + ", " +
                        std::to_string(first + span) + ", " + std::to_string(first) + " + i * " +
                        std::to_string(step) + ")) AS time, 'h' || i % 4 AS host, i / 8.0 AS v " +
                        "FROM range(" + std::to_string(count) + ") t(i)";
    AddFile(kCpu, kColumns, select);
    Plain("INSERT INTO cpu " + select);
  }
  void AddBuffer(std::int64_t first) {
    Publish(kCpu, BatchBuilder()
                      .Time({first, first + kHour / 2, first + kHour})
                      .Tag("host", {"h1", std::nullopt, "live"})
                      .Double("v", {0.5, 1, std::nullopt})
                      .Build());
    Plain("INSERT INTO cpu SELECT make_timestamptz(" + std::to_string(first) + " + i * " +
          std::to_string(kHour / 2) + "), ['h1', NULL, 'live'][i + 1], [0.5, 1, NULL][i + 1] " +
          "FROM range(3) t(i)");
  }
};

// A random predicate, mostly about time.
class PredicateMaker {
 public:
  explicit PredicateMaker(std::uint64_t seed) : random_(seed) {}

  std::string Make(int depth = 3) {
    if (depth > 0) {
      switch (Pick(8)) {
        case 0:
        case 1:
          return "(" + Make(depth - 1) + " AND " + Make(depth - 1) + ")";
        case 2:
        case 3:
          return "(" + Make(depth - 1) + " OR " + Make(depth - 1) + ")";
        case 4:
          return "NOT (" + Make(depth - 1) + ")";
        default:
          break;
      }
    }
    return Leaf();
  }

 private:
  std::size_t Pick(std::size_t count) { return random_() % count; }
  std::string OneOf(const std::vector<std::string>& words) { return words[Pick(words.size())]; }

  std::string Comparison() { return OneOf({" = ", " < ", " <= ", " > ", " >= ", " <> "}); }

  // On an hour's edge, a microsecond or two off it, or anywhere; in several spellings and zones.
  std::string Time() {
    const auto hour = static_cast<std::int64_t>(Pick(50)) - 25;
    auto micros = hour * PruningWorld::kHour;
    micros += Pick(4) > 0 ? static_cast<std::int64_t>(Pick(5)) - 2
                          : static_cast<std::int64_t>(Pick(PruningWorld::kHour));
    const auto plain = "make_timestamptz(" + std::to_string(micros) + ")";
    switch (Pick(6)) {
      case 0:
        return "(" + plain + " + INTERVAL '1 hour')";
      case 1:
        return "TIMESTAMPTZ '1970-01-01 0" + std::to_string(Pick(10)) + ":00:00+0" +
               std::to_string(Pick(9)) + ":00'";
      case 2:
        return "'1969-12-31T" + std::to_string(10 + Pick(14)) + ":30:00-0" +
               std::to_string(Pick(9)) + ":00'";
      case 3:
        return "timezone('Europe/Berlin', make_timestamp(" + std::to_string(micros) + "))";
      default:
        return plain;
    }
  }

  std::string Leaf() {
    switch (Pick(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return "time" + Comparison() + Time();
      case 4:
        return "time BETWEEN " + Time() + " AND " + Time();
      case 5:
        return "time IN (" + Time() + ", " + Time() + ", " + Time() + ")";
      case 6:
        return "date_trunc('hour', time)" + Comparison() + Time();
      case 7:
        return "time::TIMESTAMP" + Comparison() + "make_timestamp(" + std::to_string(Pick(9)) +
               " * 3600000000)";
      case 8:
        return "host" + Comparison() + "'h" + std::to_string(Pick(5)) + "'";
      case 9:
        return "v" + Comparison() + std::to_string(Pick(40)) + ".0 / 8";
      case 10:
        return "time" + Comparison() + "(SELECT max(time) FROM cpu WHERE " + "time < " + Time() +
               ")";
      default:
        return OneOf({"host IS NULL", "v IS NOT NULL", "time IS NULL", "time IS NOT NULL",
                      "time > now()", "time < now() - INTERVAL '1 day'", "hour(time) = 3",
                      "time IS DISTINCT FROM " + Time()});
    }
  }

  std::mt19937_64 random_;
};

TEST(PruningTest, NeverChangesAnAnswer) {
  PruningWorld world;
  const std::uint64_t first_seed = 7'000'000;
  for (auto seed = first_seed; seed < first_seed + 400; seed++) {
    PredicateMaker maker(seed);
    const auto where = maker.Make();
    std::vector<std::string> queries = {
        "SELECT count(*), min(time), max(time) FROM cpu WHERE " + where,
        "SELECT count(*), sum(hash(time, host, v)) FROM cpu WHERE " + where,
    };
    if (seed % 2 == 0) {
      const auto order = seed % 4 == 0 ? "DESC" : "ASC";
      queries.push_back("SELECT * FROM cpu WHERE " + where + " ORDER BY time " + order +
                        ", host, v LIMIT 7 OFFSET " + std::to_string(seed % 30));
    } else {
      queries.push_back("WITH a AS (SELECT * FROM cpu WHERE " + where +
                        ") SELECT count(*), sum(hash(time, a.v, b.host)) FROM a JOIN cpu b USING "
                        "(time)");
    }
    for (const auto& query : queries) {
      ASSERT_EQ(world.Ours(query), world.Theirs(query)) << "seed " << seed << ": " << query;
    }
  }
}

TEST(PruningTest, GivesTheAnswersOfAnOrdinaryTable) {
  PruningWorld world;
  for (const char* query :
       {"SELECT count(*), count(v), sum(hash(time, host, v)) FROM cpu",
        "SELECT min(time), max(time), count(*) FROM cpu",
        "SELECT count(*), min(time) FROM cpu WHERE host = 'nobody'",
        "SELECT host, count(*), round(avg(v), 9) FROM cpu GROUP BY host ORDER BY host",
        "SELECT * FROM cpu ORDER BY time DESC LIMIT 1",
        "SELECT * FROM cpu ORDER BY time DESC, host, v LIMIT 3",
        "SELECT time FROM cpu ORDER BY time LIMIT 5 OFFSET 700",
        "SELECT time FROM cpu ORDER BY time LIMIT 5 OFFSET 846",
        "SELECT time FROM cpu ORDER BY time DESC LIMIT 5 OFFSET 10000",
        "SELECT count(*) FROM (SELECT time FROM cpu ORDER BY time OFFSET 840)",
        "SELECT * FROM cpu ORDER BY v DESC NULLS LAST, time LIMIT 3",
        "SELECT * FROM cpu WHERE v > 0.5 ORDER BY time, host, v LIMIT 2",
        "WITH x AS NOT MATERIALIZED (SELECT * FROM cpu) SELECT count(*) FROM x a JOIN x b USING "
        "(time, host) WHERE a.time < make_timestamptz(0)",
        "WITH x AS (SELECT * FROM cpu WHERE v > 0.1) SELECT * FROM x a JOIN x b USING (time, host, "
        "v) ORDER BY time DESC, host LIMIT 3",
        "SELECT count(*) FROM cpu a WHERE v > (SELECT avg(v) FROM cpu b WHERE b.host = a.host AND "
        "b.time < make_timestamptz(0))",
        "SELECT count(*) FROM cpu a JOIN (VALUES ('live'), ('h2')) t(h) ON a.host = t.h",
        "SELECT b, count(*) FROM (SELECT time_bucket(INTERVAL 1 HOUR, time) AS b FROM cpu) GROUP "
        "BY b ORDER BY b",
        "SELECT count(*) FROM cpu a ASOF JOIN cpu b ON a.host = b.host AND a.time > b.time",
        "SELECT DISTINCT host FROM cpu ORDER BY 1",
        "SELECT time, lag(time) OVER (ORDER BY time, host, v) FROM cpu ORDER BY time, host, v "
        "LIMIT 3"}) {
    EXPECT_EQ(world.Ours(query), world.Theirs(query)) << query;
  }
}

// 3,000 hourly files that are all the same one, with as many different time ranges in the catalog.
class ManyFilesTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t kStart = 1'700'000'000'000'000;
  static constexpr std::int64_t kHour = PruningWorld::kHour;
  static constexpr int kFiles = 3000;

  ManyFilesTest() {
    std::vector<catalog::FileEntry> files(kFiles);
    for (int i = 0; i < kFiles; i++) {
      auto& file = files[static_cast<std::size_t>(i)];
      file.path = "hour-" + std::to_string(i) + ".parquet";
      file.min_time = kStart + i * kHour;
      file.max_time = file.min_time + 9;
      file.row_count = 10;
    }
    world_.Plain("COPY (SELECT make_timestamptz(" + std::to_string(kStart) +
                 " + (i // 10) * 3600000000 + i % 10) AS time, 'h' || i % 3 AS host, i::DOUBLE AS "
                 "v, i // 10 AS hour FROM range(30000) t(i)) TO '" +
                 world_.StoragePath("hours") + "' (FORMAT parquet, PARTITION_BY (hour))");
    for (int i = 0; i < kFiles; i++) {
      std::rename(
          (world_.StoragePath("hours/hour=") + std::to_string(i) + "/data_0.parquet").c_str(),
          world_.StoragePath(files[static_cast<std::size_t>(i)].path).c_str());
      auto& file = files[static_cast<std::size_t>(i)];
      file.byte_count = std::filesystem::file_size(world_.StoragePath(file.path));
    }
    world_.AddExistingFiles(kCpu, kColumns, files);
  }
  // The rows, and how many files it opened.
  std::pair<std::string, std::uint64_t> Ask(const std::string& sql) {
    const auto before = world_.files_opened();
    auto rows = world_.Ours(sql);
    return {rows, world_.files_opened() - before};
  }

  World world_;
};

TEST_F(ManyFilesTest, OpensFewOfThem) {
  const auto hour = [](int i) {
    return "make_timestamptz(" + std::to_string(kStart + i * kHour) + ")";
  };
  using Answer = std::pair<std::string, std::uint64_t>;
  EXPECT_EQ(
      Ask("SELECT count(*), min(time), max(time) FROM cpu"),
      Answer("30000, 1700000000000000, " + std::to_string(kStart + 2999 * kHour + 9) + "\n", 0U));
  EXPECT_EQ(Ask("SELECT count(*) FROM cpu WHERE time >= " + hour(7) + " AND time < " + hour(9)),
            Answer("20\n", 0U));
  EXPECT_EQ(Ask("SELECT sum(v) FROM cpu WHERE time >= " + hour(7) + " AND time < " + hour(9)),
            Answer("1590.0\n", 2U));
  EXPECT_EQ(Ask("SELECT sum(v) FROM cpu WHERE time = " + hour(7) + " OR time = " + hour(2000)),
            Answer("20070.0\n", 2U));
  EXPECT_EQ(Ask("SELECT sum(v) FROM cpu WHERE time IN (" + hour(0) + ", " + hour(2999) + ")"),
            Answer("29990.0\n", 2U));
  EXPECT_EQ(Ask("SELECT sum(v) FROM cpu WHERE time > now() - INTERVAL '1 second'"),
            Answer("NULL\n", 0U));
  const auto [top, top_opened] = Ask("SELECT v FROM cpu ORDER BY time DESC LIMIT 3");
  EXPECT_EQ(top, "29999.0\n29998.0\n29997.0\n");
  EXPECT_LE(top_opened, 12U);  // twice, with late materialization, by two threads that run ahead
  const auto [joined, join_opened] = Ask("SELECT sum(v) FROM cpu JOIN (SELECT " + hour(5) +
                                         " + INTERVAL (i) HOUR AS time FROM range(2) t(i)) USING "
                                         "(time)");
  EXPECT_EQ(joined, "110.0\n");
  EXPECT_LE(join_opened, 3U);
}

}  // namespace
}  // namespace arc::engine
