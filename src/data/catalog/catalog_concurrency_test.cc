#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "data/catalog/catalog_test_base.h"

namespace arc::catalog {
namespace {

class CatalogConcurrencyTest : public CatalogTestBase {};

// Each writer moves its own measurement's flushed_lsn by one and adds one file, so in every
// snapshot the two agree; readers check that while the writers run.
TEST_F(CatalogConcurrencyTest, EverySnapshotIsOneThatWasCommitted) {
  constexpr std::uint64_t kWriterCount = 4;
  constexpr std::uint64_t kChangeCount = 60;
  OpenOrDie();
  std::atomic<bool> is_done{false};
  std::atomic<int> broken_count{0};
  const auto check = [&](const Snapshot& snapshot) {
    for (const auto& measurement : snapshot.Measurements("db")) {
      if (measurement->files.size() != ToNumber(measurement->flushed_lsn)) broken_count++;
      for (std::size_t i = 0; i < measurement->files.size(); i++) {
        if (measurement->files[i].min_time != static_cast<std::int64_t>(i)) broken_count++;
      }
    }
  };

  std::vector<std::thread> readers;
  for (int i = 0; i < 2; i++) {
    readers.emplace_back([&] {
      while (!is_done) check(*catalog_->snapshot());
    });
  }
  std::vector<std::thread> writers;
  for (std::uint64_t id = 1; id <= kWriterCount; id++) {
    writers.emplace_back([&, id] {
      const auto name = fmt::format("m{}", id);
      for (std::uint64_t i = 0; i < kChangeCount; i++) {
        auto change = ChangeOf(id, name, {FileAt(fmt::format("{}/{}", name, i), 0)});
        change.added_files[0].min_time = static_cast<std::int64_t>(i);
        change.flushed = {{Lsn{i}, Lsn{i + 1}}};
        if (!catalog_->CommitAndWait(Only(change)).ok()) broken_count++;
        // What was committed is in the next snapshot that its writer takes.
        const auto mine = catalog_->snapshot()->FindMeasurement({"db", name});
        if (!mine || mine->flushed_lsn != Lsn{i + 1}) broken_count++;
      }
    });
  }
  for (auto& writer : writers) writer.join();
  is_done = true;
  for (auto& reader : readers) reader.join();

  EXPECT_EQ(broken_count, 0);
  EXPECT_LE(catalog_->transaction_count(), kWriterCount * kChangeCount);
  EXPECT_EQ(catalog_->greatest_lsn(), Lsn{kChangeCount});
  for (std::uint64_t id = 1; id <= kWriterCount; id++) {
    EXPECT_EQ(Find(fmt::format("m{}", id))->files.size(), kChangeCount);
  }
}

}  // namespace
}  // namespace arc::catalog
