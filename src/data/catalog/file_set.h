// The files of one measurement in one snapshot: an immutable list ordered by min_time that shares
// its blocks with the lists before and after it, so that adding a file to a million copies a few
// thousand pointers and one block.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "data/catalog/file_entry.h"

namespace arc::catalog {

// Threads: immutable, read from anywhere.
class FileSet {
 public:
  static constexpr std::size_t kBlockFilesMax = 512;

  // Consecutive files of the list, by (min_time, path).
  struct Block {
    std::vector<std::shared_ptr<const FileEntry>> files;
    std::int64_t min_time = 0;  // of all rows of the block
    std::int64_t max_time = 0;
    std::uint64_t row_count = 0;
    std::uint64_t byte_count = 0;
  };

  // Where a block stands in this list: blocks are shared, positions are not.
  struct PlacedBlock {
    std::size_t first_index = 0;
    std::shared_ptr<const Block> block;
  };

  FileSet() = default;

  // A list with `added` and without the files at the paths `removed`. Every removed path must be
  // in the list, once, and no added one may be: anything else is a bug.
  // O(blocks + files of the blocks touched); finding removed files looks at the newest blocks
  // first.
  FileSet With(std::vector<std::shared_ptr<const FileEntry>> added,
               const std::vector<std::string_view>& removed) const;

  std::size_t size() const { return file_count_; }
  bool empty() const { return file_count_ == 0; }
  // File `index` in order of min_time. O(log blocks).
  const FileEntry& operator[](std::size_t index) const;
  const std::vector<PlacedBlock>& blocks() const { return blocks_; }

  // Over all files; min/max are INT64_MAX/INT64_MIN when there is none.
  std::uint64_t row_count() const { return row_count_; }
  std::uint64_t byte_count() const { return byte_count_; }
  std::int64_t min_time() const { return min_time_; }
  std::int64_t max_time() const { return max_time_; }

 private:
  explicit FileSet(std::vector<PlacedBlock> blocks);

  std::vector<PlacedBlock> blocks_;
  std::size_t file_count_ = 0;
  std::uint64_t row_count_ = 0;
  std::uint64_t byte_count_ = 0;
  std::int64_t min_time_ = INT64_MAX;
  std::int64_t max_time_ = INT64_MIN;
};

}  // namespace arc::catalog
