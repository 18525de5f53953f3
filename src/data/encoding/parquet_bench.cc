// The Parquet writer alone, on the shape of TSBS cpu: 10 tags, 10 fields, 1,000 hosts.
// Reports rows/s (of CPU time) and CPU seconds per million rows; bytes do not reach a disk.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <random>

#include "data/encoding/parquet_file.h"
#include "data/encoding/time_order.h"

namespace arc::encoding {
namespace {

constexpr std::size_t kHosts = 1'000;
constexpr std::size_t kRows = 500'000;
constexpr std::int64_t kTenSeconds = 10'000'000;

class NowhereFile : public fs::AppendFile {
 public:
  Result<void> Append(std::string_view bytes) override {
    bytes_written_ += bytes.size();
    return {};
  }
  Result<void> Sync() override { return {}; }
  Result<void> Close() override { return {}; }
  std::uint64_t bytes_written() const override { return bytes_written_; }

 private:
  std::uint64_t bytes_written_ = 0;
};

Column TagColumn(std::size_t index, std::size_t first_row, std::size_t row_count) {
  const std::size_t word_count = index == 0 ? kHosts : 1 + index * 3;
  DictionaryValues values;
  for (std::size_t i = 0; i < word_count; i++) {
    values.dictionary.Append(fmt::format("tag{}-value-{}", index, i));
  }
  for (std::size_t i = 0; i < row_count; i++) {
    const auto host = (first_row + i) % kHosts;
    values.codes.push_back(static_cast<std::uint32_t>(host % word_count + 1));
  }
  return {fmt::format("tag{}", index), ColumnRole::kTag, std::move(values), {}};
}

// Rows in the order in which hosts send them, batch_rows at a time.
std::vector<BatchSlice> CpuRows(std::size_t batch_rows, bool is_integer) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> step(0, 1);
  std::vector<BatchSlice> slices;
  for (std::size_t first = 0; first < kRows; first += batch_rows) {
    auto batch = std::make_shared<ColumnBatch>();
    for (std::size_t row = first; row < first + batch_rows; row++) {
      batch->times.push_back(static_cast<std::int64_t>(row / kHosts) * kTenSeconds);
    }
    for (std::size_t i = 0; i < 10; i++) {
      batch->columns.push_back(TagColumn(i, first, batch_rows));
    }
    for (std::size_t i = 0; i < 10; i++) {
      std::vector<double> values(batch_rows);
      for (auto& value : values) value = std::round(50 + 20 * step(random));
      Column column{fmt::format("usage{}", i), ColumnRole::kField, {}, {}};
      if (is_integer) {
        column.values = std::vector<std::int64_t>(values.begin(), values.end());
      } else {
        column.values = std::move(values);
      }
      batch->columns.push_back(std::move(column));
    }
    slices.push_back({std::move(batch), 0, batch_rows});
  }
  return slices;
}

void WriteCpu(benchmark::State& state, Compression compression, std::size_t batch_rows,
              bool is_integer) {
  const auto slices = CpuRows(batch_rows, is_integer);
  const auto schema = SchemaOf(*slices.front().batch);
  std::uint64_t byte_count = 0;
  for (auto _ : state) {
    NowhereFile file;
    const auto order = OrderByTime(slices);
    const auto written =
        WriteParquetFile(file, schema, SourceColumns(schema, slices), {order.times, order.rows},
                         {MeasurementId{1}, Lsn{1}, Lsn{2}}, compression);
    if (!written.ok()) state.SkipWithError("failed");
    byte_count = file.bytes_written();
  }
  const auto rows = static_cast<double>(state.iterations()) * static_cast<double>(kRows);
  state.counters["rows/s"] = benchmark::Counter(rows, benchmark::Counter::kIsRate);
  state.counters["CPU_s_per_M"] =
      benchmark::Counter(rows / 1e6, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["bytes/row"] = static_cast<double>(byte_count) / static_cast<double>(kRows);
}

BENCHMARK_CAPTURE(WriteCpu, lz4_batches_of_10000, Compression::kLz4, 10'000, false)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(WriteCpu, lz4_batches_of_1000, Compression::kLz4, 1'000, false)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(WriteCpu, lz4_integers, Compression::kLz4, 10'000, true)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(WriteCpu, none, Compression::kNone, 10'000, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(WriteCpu, snappy, Compression::kSnappy, 10'000, false)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(WriteCpu, zstd, Compression::kZstd, 10'000, false)->Unit(benchmark::kMillisecond);

// Rows of writers that take turns, so that nothing comes in order.
void SortInterleaved(benchmark::State& state) {
  std::vector<BatchSlice> slices;
  std::mt19937_64 random(1);
  for (std::size_t first = 0; first < kRows; first += 1'000) {
    auto batch = std::make_shared<ColumnBatch>();
    for (std::size_t i = 0; i < 1'000; i++) {
      batch->times.push_back(static_cast<std::int64_t>(random() % 3'600'000'000));
    }
    slices.push_back({std::move(batch), 0, 1'000});
  }
  for (auto _ : state) benchmark::DoNotOptimize(OrderByTime(slices));
  state.counters["rows/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(kRows),
                         benchmark::Counter::kIsRate);
}
BENCHMARK(SortInterleaved)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace arc::encoding
