// How long the catalog takes: one waiting committer, one large group, opening, and adding to a long
// list of files. Sizes are those the catalog is made for.

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <malloc.h>

#include <string>
#include <utility>
#include <vector>

#include "data/catalog/catalog.h"
#include "data/catalog/test_values.h"
#include "foundation/fs/file_system.h"
#include "foundation/testing/temp_directory.h"

namespace arc::catalog {
namespace {

// As long as the paths of real files.
std::string PathOf(const std::string& measurement, std::size_t number) {
  return fmt::format("db/{}/2024/01/01/00/a1-{:020}.parquet", measurement, number);
}

std::unique_ptr<Catalog> OpenOrDie(const std::string& path) {
  auto opened = Catalog::Open({.path = path}, fs::FileSystem::Local(), Clock::System());
  CHECK(opened.ok(), "the benchmark's catalog cannot be opened");
  return std::move(opened).TakeValue();
}

void CommitOrDie(Catalog& catalog, CatalogChange change) {
  const auto outcome = catalog.CommitAndWait(std::move(change));
  CHECK(outcome.ok(), "the benchmark's change was refused");
}

void BM_CommitAndWait(benchmark::State& state) {
  const testing::TempDirectory directory;
  const auto catalog = OpenOrDie(directory / "catalog.db");
  std::size_t number = 0;
  for (auto _ : state) {
    const auto time = static_cast<std::int64_t>(number);
    CommitOrDie(*catalog, Only(ChangeOf(1, "cpu", {FileAt(PathOf("cpu", number), time)})));
    number++;
  }
  CHECK(catalog->Close().ok(), "the benchmark's catalog cannot be closed");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_CommitAndWait)->UseRealTime();

// Every measurement gets its first file, as a change of its own.
void BM_CommitTogether(benchmark::State& state) {
  const auto count = static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    const testing::TempDirectory directory;
    const auto catalog = OpenOrDie(directory / "catalog.db");
    std::vector<CatalogChange> changes;
    for (std::uint64_t i = 1; i <= count; i++) {
      const auto name = fmt::format("m{}", i);
      changes.push_back(Only(ChangeOf(i, name, {FileAt(PathOf(name, 0), 1)})));
    }
    state.ResumeTiming();
    for (auto& change : changes) catalog->Commit(std::move(change), [](const Result<void>&) {});
    CommitOrDie(*catalog, {});
    state.PauseTiming();
    state.counters["transactions"] = static_cast<double>(catalog->transaction_count());
    CHECK(catalog->Close().ok(), "the benchmark's catalog cannot be closed");
    state.ResumeTiming();
  }
}
BENCHMARK(BM_CommitTogether)->Arg(10'000)->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_Open(benchmark::State& state) {
  const auto measurement_count = static_cast<std::size_t>(state.range(0));
  const auto files_each = static_cast<std::size_t>(state.range(1)) / measurement_count;
  const testing::TempDirectory directory;
  const auto path = directory / "catalog.db";
  auto catalog = OpenOrDie(path);
  for (std::size_t i = 0; i < measurement_count; i++) {
    const auto name = fmt::format("m{}", i);
    std::vector<FileEntry> files;
    for (std::size_t n = 0; n < files_each; n++) {
      files.push_back(FileAt(PathOf(name, n), static_cast<std::int64_t>(n) * 3'600'000'000));
    }
    catalog->Commit(Only(ChangeOf(i + 1, name, std::move(files))), [](const Result<void>&) {});
  }
  CHECK(catalog->Close().ok(), "the benchmark's catalog cannot be closed");
  catalog.reset();
  ::malloc_trim(0);
  const auto bytes_before = ::mallinfo2().uordblks;
  for (auto _ : state) {
    catalog = OpenOrDie(path);
    state.PauseTiming();
    state.counters["MB"] = static_cast<double>(::mallinfo2().uordblks - bytes_before) / 1e6;
    CHECK(catalog->Close().ok(), "the benchmark's catalog cannot be closed");
    catalog.reset();
    state.ResumeTiming();
  }
}
BENCHMARK(BM_Open)
    ->Args({100'000, 100'000})
    ->Args({100'000, 1'000'000})
    ->Args({1, 1'000'000})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void BM_AddOneFileToMany(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<std::shared_ptr<const FileEntry>> files;
  for (std::size_t i = 0; i < count; i++) {
    files.push_back(std::make_shared<const FileEntry>(
        FileAt(PathOf("cpu", i), static_cast<std::int64_t>(i) * 1000)));
  }
  const auto set = FileSet().With(std::move(files), {});
  std::size_t number = 0;
  for (auto _ : state) {
    const auto time = static_cast<std::int64_t>(number++ * 7919 % count) * 1000 + 1;
    benchmark::DoNotOptimize(
        set.With({std::make_shared<const FileEntry>(FileAt(PathOf("new", number), time))}, {}));
  }
}
BENCHMARK(BM_AddOneFileToMany)->Arg(1'000)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace arc::catalog
