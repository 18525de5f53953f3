// What checking the names of data costs, and the same with a pattern compiled for each call.

#include <benchmark/benchmark.h>

#include <string>

#include <boost/regex.hpp>

#include "foundation/model/names.h"

namespace arc {
namespace {

void DatabaseName(benchmark::State& state) {
  const std::string name = "plant-7";
  for (auto _ : state) benchmark::DoNotOptimize(CheckDatabaseName(name));
}
BENCHMARK(DatabaseName);

void MeasurementName(benchmark::State& state) {
  const std::string name = "boiler_temperature";
  for (auto _ : state) benchmark::DoNotOptimize(CheckMeasurementName(name));
}
BENCHMARK(MeasurementName);

void MeasurementNameCompiledPerCall(benchmark::State& state) {
  const std::string name = "boiler_temperature";
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        boost::regex_match(name, boost::regex("[a-zA-Z][a-zA-Z0-9_-]{0,127}")));
  }
}
BENCHMARK(MeasurementNameCompiledPerCall);

}  // namespace
}  // namespace arc
