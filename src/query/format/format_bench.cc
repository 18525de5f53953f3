// Each format alone, beside RapidJSON's writer: a chunk of 2048 rows of time, text, two kinds of
// doubles and an integer.

#include <benchmark/benchmark.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "foundation/time/time_text.h"
#include "query/format/result_format.h"
#include "query/format/spool.h"

namespace arc::format {
namespace {

using engine::ResultKind;

constexpr std::size_t kRows = 2048;

class Chunk {
 public:
  Chunk() {
    std::mt19937_64 random(1);
    for (std::size_t row = 0; row < kRows; row++) {
      times_.push_back(1'767'225'600'000'000 + static_cast<std::int64_t>(row) * 10'000);
      hosts_.push_back("host-" + std::to_string(random() % 1000));
      short_.push_back(static_cast<double>(random() % 10'000) / 100);
      long_.push_back(static_cast<double>(random() % 1'000'000) / 7);
      counts_.push_back(static_cast<std::int64_t>(random() % 10'000'000));
    }
    for (const auto& host : hosts_) views_.push_back(host);
  }

  const std::vector<engine::ResultColumnInfo>& columns() const { return columns_; }
  engine::ResultChunk Get() const {
    return {kRows,
            {{ResultKind::kTimestampMicros, times_.data(), nullptr},
             {ResultKind::kText, views_.data(), nullptr},
             {ResultKind::kDouble, short_.data(), nullptr},
             {ResultKind::kDouble, long_.data(), nullptr},
             {ResultKind::kInt64, counts_.data(), nullptr}}};
  }

 private:
  const std::vector<engine::ResultColumnInfo> columns_ = {
      {"time", ResultKind::kTimestampMicros, "TIMESTAMP WITH TIME ZONE"},
      {"host", ResultKind::kText, "VARCHAR"},
      {"usage", ResultKind::kDouble, "DOUBLE"},
      {"load", ResultKind::kDouble, "DOUBLE"},
      {"count", ResultKind::kInt64, "BIGINT"}};
  std::vector<std::int64_t> times_, counts_;
  std::vector<std::string> hosts_;
  std::vector<std::string_view> views_;
  std::vector<double> short_, long_;
};

void SetRates(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
  state.SetItemsProcessed(static_cast<std::int64_t>(kRows) * state.iterations());
}

void Write(benchmark::State& state, FormatName name) {
  const Chunk chunk;
  Spool spool(fs::FileSystem::Local(), "/tmp", UINT64_MAX);
  const auto format = MakeFormat({.name = name}, spool);
  std::string out;
  IgnoreFailure(format->Begin(out, chunk.columns()), "a benchmark");
  std::size_t bytes = 0;
  for (auto _ : state) {
    out.clear();
    IgnoreFailure(format->Rows(out, chunk.Get()), "a benchmark");
    bytes = out.size();
    benchmark::DoNotOptimize(out);
  }
  SetRates(state, bytes);
}

void RapidJson(benchmark::State& state) {
  const Chunk chunk;
  rapidjson::StringBuffer out;
  for (auto _ : state) {
    out.Clear();
    rapidjson::Writer<rapidjson::StringBuffer> writer(out);
    const auto rows = chunk.Get();
    writer.StartArray();
    for (std::size_t row = 0; row < kRows; row++) {
      writer.StartArray();
      char time[kRfc3339BytesMax];
      const auto* const end = WriteRfc3339(time, rows.columns[0].As<std::int64_t>()[row]);
      writer.String(time, static_cast<unsigned>(end - time));
      const auto host = rows.columns[1].Text(row);
      writer.String(host.data(), static_cast<unsigned>(host.size()));
      writer.Double(rows.columns[2].As<double>()[row]);
      writer.Double(rows.columns[3].As<double>()[row]);
      writer.Int64(rows.columns[4].As<std::int64_t>()[row]);
      writer.EndArray();
    }
    writer.EndArray();
    benchmark::DoNotOptimize(out.GetString());
  }
  SetRates(state, out.GetSize());
}

BENCHMARK_CAPTURE(Write, json, FormatName::kJson);
BENCHMARK_CAPTURE(Write, ndjson, FormatName::kNdjson);
BENCHMARK_CAPTURE(Write, csv, FormatName::kCsv);
BENCHMARK_CAPTURE(Write, arrow, FormatName::kArrow);
BENCHMARK_CAPTURE(Write, parquet, FormatName::kParquet);
BENCHMARK(RapidJson);

}  // namespace
}  // namespace arc::format
