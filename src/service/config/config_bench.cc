// What it costs to check names and durations.

#include <benchmark/benchmark.h>

#include <string>

#include <boost/regex.hpp>

#include "foundation/time/duration.h"
#include "service/config/storage_names.h"

namespace arc::config {
namespace {

// Each kind of validation, and the same with a pattern that is compiled for each call: the way of
// the first Arc.
void Duration(benchmark::State& state) {
  const std::string text = "3600s";
  for (auto _ : state) benchmark::DoNotOptimize(ParseDuration(text));
}
BENCHMARK(Duration);

void Host(benchmark::State& state) {
  const std::string text = "s3.eu-west-1.example.com";
  for (auto _ : state) benchmark::DoNotOptimize(IsHostName(text));
}
BENCHMARK(Host);

void Bucket(benchmark::State& state) {
  const std::string text = "readings-of-plant-7";
  for (auto _ : state) benchmark::DoNotOptimize(IsBucketName(text));
}
BENCHMARK(Bucket);

void HostCompiledPerCall(benchmark::State& state) {
  const std::string text = "s3.eu-west-1.example.com";
  for (auto _ : state) {
    benchmark::DoNotOptimize(boost::regex_match(text, boost::regex("[a-zA-Z0-9.-]+")));
  }
}
BENCHMARK(HostCompiledPerCall);

void BucketCompiledPerCall(benchmark::State& state) {
  const std::string text = "readings-of-plant-7";
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        boost::regex_match(text, boost::regex("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")));
  }
}
BENCHMARK(BucketCompiledPerCall);

void DurationCompiledPerCall(benchmark::State& state) {
  const std::string text = "3600s";
  for (auto _ : state) {
    benchmark::DoNotOptimize(boost::regex_match(text, boost::regex("\\d+[smhdw]")));
  }
}
BENCHMARK(DurationCompiledPerCall);

}  // namespace
}  // namespace arc::config
