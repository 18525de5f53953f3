#include "data/catalog/file_set.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <tuple>

#include "data/catalog/test_values.h"

namespace arc::catalog {
namespace {

using FilePointer = std::shared_ptr<const FileEntry>;

FilePointer Share(FileEntry file) { return std::make_shared<const FileEntry>(std::move(file)); }

std::vector<FilePointer> FilesInOrder(std::size_t count) {
  std::vector<FilePointer> files;
  for (std::size_t i = 0; i < count; i++) {
    files.push_back(Share(FileAt(fmt::format("f{}", i), static_cast<std::int64_t>(i) * 10)));
  }
  return files;
}

std::set<const FileSet::Block*> BlocksOf(const FileSet& set) {
  std::set<const FileSet::Block*> blocks;
  for (const auto& placed : set.blocks()) blocks.insert(placed.block.get());
  return blocks;
}

// Every sum and position that the header promises, recomputed from the files.
void ExpectConsistent(const FileSet& set) {
  std::size_t index = 0;
  std::uint64_t row_count = 0;
  std::uint64_t byte_count = 0;
  for (const auto& [first_index, block] : set.blocks()) {
    ASSERT_EQ(first_index, index);
    ASSERT_FALSE(block->files.empty());
    ASSERT_LE(block->files.size(), FileSet::kBlockFilesMax);
    std::uint64_t block_rows = 0;
    std::uint64_t block_bytes = 0;
    std::int64_t block_max = INT64_MIN;
    for (const auto& file : block->files) {
      if (&set[index++] != file.get()) FAIL() << "index " << index - 1;
      block_rows += file->row_count;
      block_bytes += file->byte_count;
      block_max = std::max(block_max, file->max_time);
    }
    ASSERT_EQ(block->row_count, block_rows);
    ASSERT_EQ(block->byte_count, block_bytes);
    ASSERT_EQ(block->min_time, block->files.front()->min_time);
    ASSERT_EQ(block->max_time, block_max);
    row_count += block_rows;
    byte_count += block_bytes;
  }
  ASSERT_EQ(set.size(), index);
  ASSERT_EQ(set.row_count(), row_count);
  ASSERT_EQ(set.byte_count(), byte_count);
}

// The slow, obvious twin: one sorted vector.
void ExpectEqual(const FileSet& set, std::vector<FilePointer>& twin) {
  std::sort(twin.begin(), twin.end(), [](const auto& a, const auto& b) {
    return std::tie(a->min_time, a->path) < std::tie(b->min_time, b->path);
  });
  ASSERT_EQ(set.size(), twin.size());
  std::int64_t min_time = INT64_MAX;
  std::int64_t max_time = INT64_MIN;
  for (std::size_t i = 0; i < twin.size(); i++) {
    if (&set[i] != twin[i].get()) FAIL() << "index " << i;
    min_time = std::min(min_time, twin[i]->min_time);
    max_time = std::max(max_time, twin[i]->max_time);
  }
  ASSERT_EQ(set.empty(), twin.empty());
  ASSERT_EQ(set.min_time(), min_time);
  ASSERT_EQ(set.max_time(), max_time);
}

TEST(FileSet, EmptyHoldsNothing) {
  const FileSet none;
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.min_time(), INT64_MAX);
  EXPECT_EQ(none.max_time(), INT64_MIN);
  EXPECT_TRUE(none.With({}, {}).empty());
}

TEST(FileSet, RandomHistoriesEqualASortedVector) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  for (int history = 0; history < 6; history++) {
    FileSet set;
    std::vector<FilePointer> twin;
    const std::int64_t time_range = history % 2 == 0 ? 50 : 100'000;  // many equal times, or few
    for (int step = 0; step < 40; step++) {
      std::vector<FilePointer> added;
      const auto added_count = random() % (random() % 4 == 0 ? 1500 : 5);
      for (std::size_t i = 0; i < added_count; i++) {
        const auto path = fmt::format("{}-{}", step, i);
        auto file = FileAt(path, static_cast<std::int64_t>(random()) % time_range);
        file.max_time = file.min_time + static_cast<std::int64_t>(random() % 1000);
        added.push_back(Share(file));
      }
      std::shuffle(twin.begin(), twin.end(), random);
      const auto kept = twin.size() - random() % (twin.size() / (1 + random() % 50) + 1);
      std::vector<std::string_view> removed;
      const std::vector<FilePointer> gone(twin.begin() + static_cast<std::ptrdiff_t>(kept),
                                          twin.end());
      for (const auto& file : gone) removed.push_back(file->path);
      twin.resize(kept);
      twin.insert(twin.end(), added.begin(), added.end());
      set = set.With(added, removed);
      ASSERT_NO_FATAL_FAILURE(ExpectEqual(set, twin)) << "history " << history << " step " << step;
      ASSERT_NO_FATAL_FAILURE(ExpectConsistent(set));
    }
  }
}

TEST(FileSet, UntouchedBlocksAreShared) {
  const auto before = FileSet().With(FilesInOrder(10'000), {});
  ASSERT_EQ(before.blocks().size(), (10'000 + 511) / 512);
  const auto in_the_middle = before.With({Share(FileAt("new", 50'005))}, {});
  ASSERT_EQ(in_the_middle.blocks().size(), before.blocks().size() + 1);
  const auto old_blocks = BlocksOf(before);
  const auto is_old = [&](const auto* block) { return old_blocks.contains(block); };
  const auto blocks = BlocksOf(in_the_middle);
  EXPECT_EQ(std::count_if(blocks.begin(), blocks.end(), is_old),
            static_cast<std::ptrdiff_t>(old_blocks.size() - 1));
  const auto without = BlocksOf(before.With({}, {"f7000"}));
  EXPECT_EQ(std::count_if(without.begin(), without.end(), is_old),
            static_cast<std::ptrdiff_t>(old_blocks.size() - 1));
  EXPECT_EQ(BlocksOf(before.With({}, {})), old_blocks);
}

TEST(FileSet, AppendingOneByOneLeavesFullBlocks) {
  FileSet set;
  for (auto& file : FilesInOrder(2000)) set = set.With({std::move(file)}, {});
  ASSERT_EQ(set.blocks().size(), 4u);
  EXPECT_EQ(set.blocks()[0].block->files.size(), FileSet::kBlockFilesMax);
  EXPECT_EQ(set.blocks()[2].block->files.size(), FileSet::kBlockFilesMax);
}

// Compaction takes 64 files away and adds one: the blocks must not stay behind nearly empty,
// whether it goes from old to new or from new to old.
TEST(FileSet, BlocksGetFewerWithTheFiles) {
  for (const bool is_newest_first : {false, true}) {
    auto set = FileSet().With(FilesInOrder(12'288), {});
    for (std::size_t step = 0; step < 192; step++) {
      const auto first = 64 * (is_newest_first ? 191 - step : step);
      std::vector<std::string> paths;
      for (std::size_t i = first; i < first + 64; i++) paths.push_back(fmt::format("f{}", i));
      const auto time = static_cast<std::int64_t>(first) * 10 + 5;
      set = set.With({Share(FileAt(fmt::format("day{}", first), time))},
                     {paths.begin(), paths.end()});
    }
    EXPECT_EQ(set.size(), 192u);
    EXPECT_LE(set.blocks().size(), 2u);
  }
}

TEST(FileSetDeathTest, AnUnknownPathOrIndexIsABug) {
  const auto set = FileSet().With(FilesInOrder(3), {});
  EXPECT_DEATH((void)set.With({}, {"missing"}), "not in the list");
  EXPECT_DEATH((void)set.With({}, {"f1", "f1"}), "removed twice");
  EXPECT_DEATH((void)set[3], "past the end");
}

}  // namespace
}  // namespace arc::catalog
