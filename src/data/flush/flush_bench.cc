// Many small measurements become files at once, on a real disk (the folder TMPDIR names): files/s
// and catalog transactions, from the buffers to the commit.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

#include "data/flush/flusher.h"
#include "foundation/base/check.h"
#include "foundation/testing/temp_directory.h"

namespace arc::flush {
namespace {

constexpr std::size_t kRowsEach = 60;
constexpr std::chrono::hours kForever{24};

ColumnBatch SensorRows(std::size_t measurement) {
  ColumnBatch batch;
  DictionaryValues host;
  host.dictionary.Append(fmt::format("host-{}", measurement));
  std::vector<double> values;
  std::vector<std::int64_t> counts;
  for (std::size_t row = 0; row < kRowsEach; row++) {
    batch.times.push_back(static_cast<std::int64_t>(row) * 1'000'000);
    host.codes.push_back(1);
    values.push_back(0.5 * static_cast<double>(row));
    counts.push_back(static_cast<std::int64_t>(row));
  }
  batch.columns.push_back({"host", ColumnRole::kTag, std::move(host), {}});
  batch.columns.push_back({"value", ColumnRole::kField, std::move(values), {}});
  batch.columns.push_back({"count", ColumnRole::kField, std::move(counts), {}});
  batch.SetTimeRange();
  return batch;
}

// Everything from the buffers to the disk.
struct Parts {
  Parts() {
    catalog::Catalog::Options catalog_options;
    catalog_options.path = directory.path() + "/catalog.db";
    auto& file_system = fs::FileSystem::Local();
    const auto root = directory.path() + "/data";
    catalog = Value(catalog::Catalog::Open(catalog_options, file_system, Clock::System()));
    stager = Value(files::FileStager::Open(root, file_system, encoding::Compression::kLz4));
    publisher = std::make_unique<files::FilePublisher>(root, file_system, *catalog);
    Flusher::Options options;
    options.policy = {/*rows_max=*/1'000'000, /*measurement_bytes_max=*/1u << 30, kForever};
    flusher =
        std::make_unique<Flusher>(options, *stager, *publisher, tables, Clock::System(), metrics);
  }
  ~Parts() {
    flusher->Close();
    publisher->Close();
    CHECK(catalog->Close().ok(), "the catalog does not close");
  }
  template <class T>
  static T Value(Result<T> result) {
    CHECK(result.ok(), "a part does not open");
    return std::move(result).TakeValue();
  }

  void Write(std::size_t measurement) {
    const auto name = fmt::format("m{}", measurement);
    const auto live = Value(tables.RestoreNew(MeasurementId{measurement + 1}, {"db", name}));
    const auto lsn = Next(tables.visible_lsn());
    live->Publish(lsn, std::make_shared<const ColumnBatch>(SensorRows(measurement)),
                  Clock::System().NowSteady());
    tables.AdvanceVisible(lsn);
  }

  arc::testing::TempDirectory directory;
  Metrics metrics;
  buffer::LiveMeasurements tables{MeasurementId{0}, kLsnZero};
  std::unique_ptr<catalog::Catalog> catalog;
  std::unique_ptr<files::FileStager> stager;
  std::unique_ptr<files::FilePublisher> publisher;
  std::unique_ptr<Flusher> flusher;
};

void FlushManySmall(benchmark::State& state) {
  const auto measurement_count = static_cast<std::size_t>(state.range(0));
  std::uint64_t transactions = 0;
  for (auto _ : state) {
    state.PauseTiming();
    auto parts = std::make_unique<Parts>();
    for (std::size_t i = 0; i < measurement_count; i++) parts->Write(i);
    const auto before = parts->catalog->transaction_count();
    state.ResumeTiming();
    CHECK(parts->flusher->FlushAll(kForever).ok(), "a flush failed");
    state.PauseTiming();
    transactions += parts->catalog->transaction_count() - before;
    parts.reset();
    state.ResumeTiming();
  }
  const auto files = static_cast<double>(measurement_count);
  state.counters["files/s"] = benchmark::Counter(files * static_cast<double>(state.iterations()),
                                                 benchmark::Counter::kIsRate);
  state.counters["transactions"] = static_cast<double>(transactions);
}
BENCHMARK(FlushManySmall)
    ->Arg(1'000)
    ->Arg(10'000)
    ->Arg(100'000)
    ->Iterations(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace arc::flush
