// How fast bodies become columns: the shape of the TSBS cpu measurement (10 string columns, 10
// numbers, a time) as columns and as rows, and columns of one kind alone.

#include <benchmark/benchmark.h>

#include <array>
#include <string>

#include "data/ingest/msgpack/msgpack_decoder.h"
#include "foundation/base/check.h"
#include "foundation/testing/fixed_schemas.h"
#include "foundation/testing/msgpack_writer.h"

namespace arc::ingest {
namespace {

using arc::testing::FixedSchemas;
using arc::testing::MsgpackWriter;

constexpr std::int64_t kStart = 1'451'606'400'000'000;
constexpr int kHosts = 100;
constexpr int kFields = 10;

constexpr std::array<const char*, 10> kTags = {"hostname", "region",     "datacenter", "rack",
                                               "os",       "arch",       "team",       "service",
                                               "version",  "environment"};

std::string TagValue(std::size_t tag, int row) {
  constexpr std::array<int, 10> kWords = {kHosts, 9, 27, 100, 3, 2, 4, 20, 2, 3};
  const auto host = static_cast<unsigned>(row % kHosts);
  // Hosts are spread over the words of the other tags as if at random, but always the same.
  const auto word = tag == 0 ? host : (host * 2'654'435'761u + tag * 40'503u) >> 16;
  return std::string(kTags[tag]) + "_" + std::to_string(word % kWords[tag]);
}

std::string FieldName(int field) { return "usage_" + std::to_string(field); }
double FieldValue(int field, int row) { return ((row * 37 + field * 11) % 10'000) / 100.0; }

std::string CpuColumns(int rows) {
  MsgpackWriter body;
  body.Map(2).String("m").String("cpu").String("columns").Map(21).String("time").Array(rows);
  for (int row = 0; row < rows; row++) body.Int(kStart + row / kHosts * 10'000'000);
  for (std::size_t tag = 0; tag < kTags.size(); tag++) {
    body.String(kTags[tag]).Array(rows);
    for (int row = 0; row < rows; row++) body.String(TagValue(tag, row));
  }
  for (int field = 0; field < kFields; field++) {
    body.String(FieldName(field)).Array(rows);
    for (int row = 0; row < rows; row++) body.Double(FieldValue(field, row));
  }
  return body.bytes();
}

std::string CpuRows(int rows) {
  MsgpackWriter body;
  body.Array(rows);
  for (int row = 0; row < rows; row++) {
    body.Map(4).String("m").String("cpu").String("t").Int(kStart + row / kHosts * 10'000'000);
    body.String("tags").Map(kTags.size());
    for (std::size_t tag = 0; tag < kTags.size(); tag++) {
      body.String(kTags[tag]).String(TagValue(tag, row));
    }
    body.String("fields").Map(kFields);
    for (int field = 0; field < kFields; field++) {
      body.String(FieldName(field)).Double(FieldValue(field, row));
    }
  }
  return body.bytes();
}

template <class WriteValue>
std::string TenColumns(int rows, WriteValue write_value) {
  MsgpackWriter body;
  body.Map(2).String("m").String("cpu").String("columns").Map(kFields);
  for (int field = 0; field < kFields; field++) {
    body.String(FieldName(field)).Array(rows);
    for (int row = 0; row < rows; row++) write_value(body, field, row);
  }
  return body.bytes();
}

void Run(benchmark::State& state, const std::string& body) {
  const FixedSchemas schemas;
  const auto rows = static_cast<std::int64_t>(state.range(0));
  MsgpackDecoder decoder;
  for (auto _ : state) {
    auto decoded = decoder.Decode(body, {.now_micros = kStart}, schemas);
    CHECK(decoded.ok() && decoded.value().row_count() == static_cast<std::uint64_t>(rows),
          "the body of the benchmark is wrong");
    benchmark::DoNotOptimize(decoded);
  }
  state.SetItemsProcessed(state.iterations() * rows);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}

int Rows(const benchmark::State& state) { return static_cast<int>(state.range(0)); }

void BM_CpuColumns(benchmark::State& state) { Run(state, CpuColumns(Rows(state))); }
void BM_CpuRows(benchmark::State& state) { Run(state, CpuRows(Rows(state))); }
void BM_Floats(benchmark::State& state) {
  Run(state, TenColumns(Rows(state), [](auto& body, int field, int row) {
        body.Double(FieldValue(field, row));
      }));
}
void BM_Integers(benchmark::State& state) {
  Run(state, TenColumns(Rows(state), [](auto& body, int field, int row) {
        body.Int(static_cast<std::int64_t>(row) * (field + 1) * 7919 % 100'000);
      }));
}
void BM_DistinctStrings(benchmark::State& state) {
  Run(state, TenColumns(Rows(state), [](auto& body, int field, int row) {
        body.String("request-" + std::to_string(field) + "-" + std::to_string(row));
      }));
}

BENCHMARK(BM_CpuColumns)->Arg(1'000)->Arg(10'000);
BENCHMARK(BM_CpuRows)->Arg(1'000)->Arg(10'000);
BENCHMARK(BM_Floats)->Arg(1'000)->Arg(10'000);
BENCHMARK(BM_Integers)->Arg(10'000);
BENCHMARK(BM_DistinctStrings)->Arg(10'000);

}  // namespace
}  // namespace arc::ingest
