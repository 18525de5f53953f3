// Decoding speed for the body shapes that matter. Bytes and rows a second of one thread.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "data/ingest/line_protocol/line_protocol_decoder.h"

namespace arc::ingest {
namespace {

class NoSchemas : public SchemaSource {
 public:
  std::shared_ptr<const RowSchema> Find(std::string_view) const override { return nullptr; }
};

enum class Numbers { kIntegers, kFloats };

// Ten tags of one host, as in the TSBS "cpu-only" data set.
std::string HostTags(std::size_t host, std::mt19937_64& random) {
  constexpr std::array<std::string_view, 3> kRegions = {"us-east-1", "eu-central-1",
                                                        "ap-southeast-2"};
  constexpr std::array<std::string_view, 3> kSystems = {"Ubuntu16.10", "Ubuntu16.04LTS",
                                                        "Ubuntu15.10"};
  constexpr std::array<std::string_view, 4> kTeams = {"SF", "NYC", "LON", "CHI"};
  constexpr std::array<std::string_view, 3> kEnvironments = {"production", "staging", "test"};
  const auto region = kRegions[random() % kRegions.size()];
  return fmt::format(
      "hostname=host_{},region={},datacenter={}{},rack={},os={},arch={},team={},service={},"
      "service_version={},service_environment={}",
      host, region, region, static_cast<char>('a' + random() % 3), random() % 100,
      kSystems[random() % kSystems.size()], random() % 2 == 0 ? "x64" : "x86",
      kTeams[random() % kTeams.size()], random() % 20, random() % 2,
      kEnvironments[random() % kEnvironments.size()]);
}

// `row_count` lines, the hosts in turn, in the shape of TSBS: 10 tags, 10 fields.
std::string CpuBody(std::size_t row_count, std::size_t host_count, Numbers numbers) {
  constexpr std::array<std::string_view, 10> kFields = {
      "user", "system", "idle", "nice", "iowait", "irq", "softirq", "steal", "guest", "guest_nice"};
  std::mt19937_64 random(42);
  std::vector<std::string> tags;
  for (std::size_t i = 0; i < host_count; i++) tags.push_back(HostTags(i, random));
  std::string body;
  for (std::size_t row = 0; row < row_count; row++) {
    body += "cpu," + tags[row % host_count];
    char separator = ' ';
    for (const auto field : kFields) {
      body += fmt::format("{}usage_{}=", separator, field);
      if (numbers == Numbers::kIntegers) {
        body += fmt::format("{}i", random() % 101);
      } else {
        body += fmt::format("{:.2f}", static_cast<double>(random() % 10001) / 100);
      }
      separator = ',';
    }
    body += fmt::format(" {}\n", 1451606400000000000 + 10000000000 * (row / host_count));
  }
  return body;
}

// Lines of five measurements in turn, the way a collecting agent sends them.
std::string AgentBody(std::size_t row_count) {
  std::mt19937_64 random(42);
  std::string body;
  for (std::size_t row = 0; row < row_count; row++) {
    const std::string measurement = fmt::format("metric_{}", row % 5);
    body += fmt::format(
        "{},host=web-{},unit=u{} used={}i,free={}i,ratio={:.3f},note=\"fine, so "
        "far\" {}\n",
        measurement, row / 5 % 50, row % 5, random() % 100000, random() % 100000,
        static_cast<double>(random() % 1000) / 1000, 1451606400000000000 + row);
  }
  return body;
}

// Every line a measurement of its own.
std::string DistinctBody(std::size_t row_count) {
  std::string body;
  for (std::size_t row = 0; row < row_count; row++) {
    body += fmt::format("measurement_{},host=a value={} 1451606400000000000\n", row, row);
  }
  return body;
}

void DecodeAll(benchmark::State& state, const std::string& body) {
  const NoSchemas schemas;
  LineProtocolDecoder decoder;
  std::uint64_t row_count = 0;
  for (auto _ : state) {
    const auto decoded = decoder.Decode(body, {}, schemas);
    row_count += decoded.row_count();
    benchmark::DoNotOptimize(decoded);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * body.size()));
  state.counters["rows"] =
      benchmark::Counter(static_cast<double>(row_count), benchmark::Counter::kIsRate);
}

void CpuIntegers(benchmark::State& state) {
  DecodeAll(state, CpuBody(static_cast<std::size_t>(state.range(0)),
                           static_cast<std::size_t>(state.range(1)), Numbers::kIntegers));
}
BENCHMARK(CpuIntegers)
    ->ArgNames({"rows", "hosts"})
    ->Args({1000, 100})
    ->Args({10000, 100})
    ->Args({1000, 4000})
    ->Args({10000, 4000});

void CpuFloats(benchmark::State& state) {
  DecodeAll(state, CpuBody(static_cast<std::size_t>(state.range(0)),
                           static_cast<std::size_t>(state.range(1)), Numbers::kFloats));
}
BENCHMARK(CpuFloats)->ArgNames({"rows", "hosts"})->Args({1000, 100})->Args({10000, 4000});

void Agent(benchmark::State& state) {
  DecodeAll(state, AgentBody(static_cast<std::size_t>(state.range(0))));
}
BENCHMARK(Agent)->ArgName("rows")->Arg(1000)->Arg(10000);

void DistinctMeasurements(benchmark::State& state) {
  DecodeAll(state, DistinctBody(static_cast<std::size_t>(state.range(0))));
}
BENCHMARK(DistinctMeasurements)->ArgName("rows")->Arg(1000)->Arg(10000)->Arg(100000);

}  // namespace
}  // namespace arc::ingest
