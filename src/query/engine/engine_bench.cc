// How long typical queries take: 3,000 hourly files of 1,000 rows, 300,000 rows in memory.
// Run: engine_bench (it makes its files in a temporary folder, which takes some seconds).

#include <benchmark/benchmark.h>

#include <cstdio>
#include <filesystem>

#include "foundation/base/check.h"
#include "query/engine/engine_test_base.h"

namespace arc::engine {
namespace {

constexpr std::int64_t kStart = 1'700'000'000'000'000;
constexpr std::int64_t kHour = 3'600'000'000;
constexpr int kFiles = 3000;
const MeasurementName kCpu{"prod", "cpu"};
const std::vector<SchemaColumn> kColumns = {{"host", ColumnType::kString, ColumnRole::kTag},
                                            {"v", ColumnType::kDouble, ColumnRole::kField}};

catalog::FileEntry Hour(int hour) {
  catalog::FileEntry file;
  file.path = "hour-" + std::to_string(hour) + ".parquet";
  file.min_time = kStart + hour * kHour;
  file.max_time = file.min_time + 999 * 3'600'000LL;
  file.row_count = 1000;
  return file;
}

ColumnBatch LiveRows(int hour) {
  constexpr std::int64_t kRows = 100'000;
  ColumnBatch batch;
  Column host{"host", ColumnRole::kTag, DictionaryValues(), {}};
  auto& words = std::get<DictionaryValues>(host.values);
  for (int i = 0; i < 4; i++) words.dictionary.Append("live_" + std::to_string(i));
  std::vector<double> values;
  for (std::int64_t i = 0; i < kRows; i++) {
    batch.times.push_back(kStart + hour * kHour + i * 1000);
    words.codes.push_back(static_cast<std::uint32_t>(1 + i % 4));
    values.push_back(static_cast<double>(i));
  }
  batch.columns.push_back(std::move(host));
  batch.columns.push_back({"v", ColumnRole::kField, std::move(values), {}});
  batch.SetTimeRange();
  return batch;
}

// `files` entries in the catalog; those beyond kFiles lie before them and exist nowhere else.
std::unique_ptr<World> MakeWorld(int files) {
  auto world = std::make_unique<World>();
  world->Plain("COPY (SELECT make_timestamptz(" + std::to_string(kStart) +
               " + (i // 1000) * 3600000000 + (i % 1000) * 3600000) AS time, 'h' || i % 10 AS "
               "host, random() AS v, i // 1000 AS hour FROM range(3000000) t(i)) TO '" +
               world->StoragePath("hours") + "' (FORMAT parquet, PARTITION_BY (hour))");
  std::vector<catalog::FileEntry> entries;
  for (int i = 0; i < kFiles; i++) {
    entries.push_back(Hour(i));
    std::filesystem::rename(
        world->StoragePath("hours/hour=" + std::to_string(i) + "/data_0.parquet"),
        world->StoragePath(entries.back().path));
    entries.back().byte_count = std::filesystem::file_size(world->StoragePath(entries.back().path));
  }
  for (int i = kFiles; i < files; i++) {
    entries.push_back(Hour(kFiles - 1 - i));
    entries.back().path = "nowhere-" + std::to_string(i) + ".parquet";
  }
  world->AddExistingFiles(kCpu, kColumns, std::move(entries));
  for (int i = 0; i < 3; i++) world->Publish(kCpu, LiveRows(kFiles + i));
  return world;
}

World& SmallWorld() {
  static const auto world = MakeWorld(kFiles);
  return *world;
}

void Ask(benchmark::State& state, World& world, const std::string& sql) {
  for (auto _ : state) {
    const auto answer = world.Ours(sql);
    CHECK(answer.find("ERROR") == std::string::npos, answer.c_str());
  }
}

const std::string kTwoHours =
    "SELECT avg(v) FROM prod.cpu WHERE time >= '2023-12-01' AND time < '2023-12-01 02:00'";

void Add(const std::string& name, const std::string& sql) {
  benchmark::RegisterBenchmark(name.c_str(),
                               [sql](benchmark::State& state) { Ask(state, SmallWorld(), sql); })
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

void AddAll() {
  Add("connection", "SELECT 1");
  Add("count", "SELECT count(*) FROM prod.cpu");
  Add("min_max", "SELECT min(time), max(time), count(*) FROM prod.cpu");
  Add("two_hours", kTwoHours);
  Add("newest", "SELECT * FROM prod.cpu ORDER BY time DESC LIMIT 5");
  Add("newest_of_host", "SELECT * FROM prod.cpu WHERE host = 'h3' ORDER BY time DESC LIMIT 5");
  Add("group_by_host", "SELECT host, avg(v) FROM prod.cpu GROUP BY host");
  Add("live_group_by_host",
      "SELECT host, avg(v) FROM prod.cpu WHERE time >= '2024-03-18 22:13:20' GROUP BY host");
  Add("join_by_time",
      "SELECT count(*) FROM prod.cpu a JOIN (SELECT TIMESTAMPTZ '2023-12-01' + INTERVAL (range) "
      "SECOND AS time FROM range(1000)) b USING (time)");
  const std::string ten_million =
      "SELECT max(k)::VARCHAR, count(*) FROM (SELECT @ AS k, count(*) FROM (SELECT "
      "make_timestamptz(1704067200000000 + i * 1000000) AS time FROM range(10000000) r(i)) GROUP "
      "BY 1)";
  for (const std::string key :
       {"date_trunc('hour', time)", "date_trunc('week', time)",
        "time_bucket(INTERVAL '1 hour', time)", "time_bucket(INTERVAL '1 day', time)",
        "time_bucket(INTERVAL '1 month', time)", "extract(hour FROM time)",
        "strftime(time, '%Y-%m')", "time::DATE", "time + INTERVAL '1 day' > '2024-03-01'"}) {
    auto sql = ten_million;
    Add("10M " + key, sql.replace(sql.find('@'), 1, key));
  }
  benchmark::RegisterBenchmark("two_hours of 1,000,000 files",
                               [](benchmark::State& state) {
                                 const auto world = MakeWorld(1'000'000);
                                 Ask(state, *world, kTwoHours);
                               })
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

}  // namespace
}  // namespace arc::engine

int main(int argc, char** argv) {
  arc::engine::AddAll();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
