// What the log costs: appending with a sync, and reading back from the page cache.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

#include "data/wal/log_fixture.h"
#include "foundation/testing/temp_directory.h"

namespace arc::wal {
namespace {

void BM_AppendAndSync(benchmark::State& state) {
  testing::TempDirectory folder;
  auto& disk = fs::FileSystem::Local();
  Log::Options options{.directory = folder.path()};
  auto log = Log::Open(options, disk, {}).TakeValue();
  CHECK(log->PrepareSpare().ok(), "no spare");
  const std::string payload(static_cast<std::size_t>(state.range(0)), 'x');
  std::uint64_t lsn = 0;
  for (auto _ : state) {
    const LogRecord record{.lsn = Lsn{++lsn},
                           .type = RecordType::kRows,
                           .pieces = {payload},
                           .byte_count = payload.size(),
                           .checksum = Crc32c(0, payload)};
    CHECK(log->Append({&record, 1}).ok(), "append failed");
    if (!log->wants_spare()) continue;
    state.PauseTiming();
    CHECK(log->Release(Lsn{lsn}).ok() && log->PrepareSpare().ok(), "release failed");
    state.ResumeTiming();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(lsn * payload.size()));
}
BENCHMARK(BM_AppendAndSync)->Arg(1 << 10)->Arg(64 << 10)->Arg(1 << 20)->UseRealTime();

void BM_Recover(benchmark::State& state) {
  testing::TempDirectory folder;
  auto& disk = fs::FileSystem::Local();
  auto log =
      Log::Open({.directory = folder.path(), .sync_each_group = false}, disk, {}).TakeValue();
  const std::string payload(static_cast<std::size_t>(state.range(0)), 'x');
  constexpr std::uint64_t kBytes = std::uint64_t{256} << 20;
  for (std::uint64_t lsn = 1; lsn <= kBytes / payload.size(); lsn++) {
    const LogRecord record{.lsn = Lsn{lsn},
                           .type = RecordType::kRows,
                           .pieces = {payload},
                           .byte_count = payload.size(),
                           .checksum = Crc32c(0, payload)};
    CHECK(log->Append({&record, 1}).ok(), "append failed");
  }
  CHECK(log->Close().ok(), "close failed");
  for (auto _ : state) {
    const auto recovered =
        Recover(disk, folder.path(), {}, [](const RecoveredRecord&) { return Result<void>(); });
    CHECK(recovered.ok(), "recovery failed");
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kBytes));
}
BENCHMARK(BM_Recover)->Arg(1 << 10)->Arg(64 << 10)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace arc::wal
