// The schedule of flushes: what a deadline costs, beside a scan of all measurements, and the memory
// that a measurement with few rows takes.

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/buffer/live_measurements.h"
#include "data/buffer/schema_admission.h"
#include "data/flush/flush_deadlines.h"
#include "foundation/base/check.h"

namespace arc::flush {
namespace {

using Time = Clock::SteadyTime;

constexpr auto kAgeMax = std::chrono::minutes(10);
// What a scan would look at everything for.
constexpr std::chrono::seconds kScanInterval{5};
constexpr std::uint64_t kSeed = 1;

MeasurementId IdOf(std::size_t index) { return MeasurementId{index + 1}; }

// Deadlines as they come about: each measurement got its first row at some moment of the last ten
// minutes.
std::vector<Time> SpreadDeadlines(std::size_t count) {
  std::mt19937_64 random(kSeed);
  std::uniform_int_distribution<std::int64_t> age(0, std::chrono::nanoseconds(kAgeMax).count());
  std::vector<Time> deadlines(count);
  for (auto& due : deadlines) due = Time(std::chrono::nanoseconds(age(random)));
  return deadlines;
}

FlushDeadlines ScheduleOf(const std::vector<Time>& deadlines) {
  FlushDeadlines schedule;
  for (std::size_t i = 0; i < deadlines.size(); i++) schedule.Set(IdOf(i), deadlines[i]);
  return schedule;
}

// Time for each of `count` operations an iteration.
void CountOperations(benchmark::State& state, std::size_t count) {
  state.counters["each"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(count),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// From none to all of them.
void InsertDeadlines(benchmark::State& state) {
  const auto deadlines = SpreadDeadlines(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    auto schedule = ScheduleOf(deadlines);
    benchmark::DoNotOptimize(schedule.earliest());
    state.PauseTiming();
    schedule = {};
    state.ResumeTiming();
  }
  CountOperations(state, deadlines.size());
}

// A measurement is flushed for its size, and later begins anew, among so many others.
void CancelAndInsertDeadline(benchmark::State& state) {
  const auto deadlines = SpreadDeadlines(static_cast<std::size_t>(state.range(0)));
  auto schedule = ScheduleOf(deadlines);
  std::mt19937_64 random(kSeed);
  for (auto _ : state) {
    const auto index = random() % deadlines.size();
    schedule.Remove(IdOf(index));
    schedule.Set(IdOf(index), deadlines[index] + kAgeMax);
  }
}

void CancelDeadlines(benchmark::State& state) {
  const auto deadlines = SpreadDeadlines(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    state.PauseTiming();
    auto schedule = ScheduleOf(deadlines);
    state.ResumeTiming();
    for (std::size_t i = 0; i < deadlines.size(); i++) schedule.Remove(IdOf(i));
    benchmark::DoNotOptimize(schedule.earliest());
  }
  CountOperations(state, deadlines.size());
}

// All of them, the earliest first.
void PopDeadlines(benchmark::State& state) {
  const auto deadlines = SpreadDeadlines(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    state.PauseTiming();
    auto schedule = ScheduleOf(deadlines);
    state.ResumeTiming();
    while (schedule.PopDue(Time::max())) {
    }
  }
  CountOperations(state, deadlines.size());
}

// What the scheduler does when nothing is due.
void LookAtEarliestDeadline(benchmark::State& state) {
  const auto schedule = ScheduleOf(SpreadDeadlines(static_cast<std::size_t>(state.range(0))));
  for (auto _ : state) benchmark::DoNotOptimize(schedule.earliest());
}

// What could stand in for the schedule: every few seconds each measurement is asked for its age,
// under its lock.
struct Scanned {
  mutable Mutex mutex;
  Time oldest GUARDED_BY(mutex);
};

void LinearScan(benchmark::State& state) {
  const auto deadlines = SpreadDeadlines(static_cast<std::size_t>(state.range(0)));
  std::vector<std::unique_ptr<Scanned>> all;
  for (const auto due : deadlines) {
    all.push_back(std::make_unique<Scanned>());
    MutexLock lock(all.back()->mutex);
    all.back()->oldest = due;
  }
  std::shuffle(all.begin(), all.end(), std::mt19937_64(kSeed));  // as their rows came
  for (auto _ : state) {
    std::size_t due_count = 0;
    for (const auto& scanned : all) {
      MutexLock lock(scanned->mutex);
      if (scanned->oldest < Time::min()) due_count++;
    }
    benchmark::DoNotOptimize(due_count);
  }
  CountOperations(state, deadlines.size());
  // Of one core, for ever, with nothing due.
  state.counters["CPU_share"] =
      benchmark::Counter(static_cast<double>(state.iterations()) *
                             std::chrono::duration<double>(kScanInterval).count(),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

DecodedMeasurement OneRow(std::size_t measurement) {
  const auto tag = [](std::string name, std::string_view word) {
    DictionaryValues values;
    values.codes = {1};
    values.dictionary.Append(word);
    return Column{std::move(name), ColumnRole::kTag, std::move(values), {}};
  };
  DecodedMeasurement decoded;
  decoded.measurement = fmt::format("m{}", measurement);
  decoded.lines = {1};
  decoded.batch.times = {0};
  decoded.batch.columns = {
      tag("site", "north"),
      tag("unit", fmt::format("u{}", measurement % 100)),
      {"value", ColumnRole::kField, std::vector<double>{0.5}, {}},
      {"state", ColumnRole::kField, std::vector<std::int64_t>{1}, {}},
  };
  decoded.batch.SetTimeRange();
  return decoded;
}

std::size_t HeapBytes() { return ::mallinfo2().uordblks; }

// One row a request: what each measurement keeps of the heap once it has so many rows.
void MemoryOfMeasurement(benchmark::State& state) {
  constexpr std::size_t kMeasurements = 10'000;
  const auto row_count = static_cast<std::size_t>(state.range(0));
  std::size_t heap_bytes = 0;
  std::size_t counted_bytes = 0;
  for (auto _ : state) {
    const auto before = HeapBytes();
    buffer::LiveMeasurements tables(MeasurementId{0}, kLsnZero);
    auto lsn = kLsnZero;
    for (std::size_t row = 0; row < row_count; row++) {
      for (std::size_t i = 0; i < kMeasurements; i++) {
        auto decoded = OneRow(i);
        const auto live = tables.FindOrCreate({"db", decoded.measurement});
        CHECK(live.ok(), "nothing is being dropped");
        RejectionReport report;
        buffer::AdmitBatch(*live.value(), {.columns_max = 100}, decoded, report);
        lsn = Next(lsn);
        live.value()->Publish(lsn, std::make_shared<const ColumnBatch>(std::move(decoded.batch)),
                              Time());
      }
    }
    tables.AdvanceVisible(lsn);
    heap_bytes += HeapBytes() - before;
    counted_bytes += tables.buffered_bytes();
  }
  const auto each = static_cast<double>(state.iterations()) * kMeasurements;
  state.counters["heap_bytes_each"] = static_cast<double>(heap_bytes) / each;
  state.counters["counted_bytes_each"] = static_cast<double>(counted_bytes) / each;
}

void ManyMeasurements(benchmark::internal::Benchmark* benchmark) {
  benchmark->Arg(1'000)->Arg(10'000)->Arg(100'000)->Arg(1'000'000);
}
BENCHMARK(InsertDeadlines)->Apply(ManyMeasurements);
BENCHMARK(CancelAndInsertDeadline)->Apply(ManyMeasurements);
BENCHMARK(CancelDeadlines)->Apply(ManyMeasurements);
BENCHMARK(PopDeadlines)->Apply(ManyMeasurements);
BENCHMARK(LookAtEarliestDeadline)->Apply(ManyMeasurements);
BENCHMARK(LinearScan)->Apply(ManyMeasurements);
BENCHMARK(MemoryOfMeasurement)->Arg(1)->Arg(7)->Arg(60)->Iterations(1);

}  // namespace
}  // namespace arc::flush
