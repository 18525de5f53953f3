// Reads any range of a file, and gives out no byte that was not checked after it came from the
// disk: whole blocks are read around the range.

#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "data/integrity/file_checks.h"
#include "foundation/base/mutex.h"

namespace arc::integrity {

// Lifetime: `checks` outlives it, so does what `read_at` uses.
// Threads:  any number at once; `read_at` is called by several as well.
// Limits:   keeps up to kKeptBlocks blocks in memory, of 64 KiB each.
class CheckedReader {
 public:
  // Parquet's reader asks for a page in many small pieces and one large one, and columns lie one
  // after the other: the block where one page ends is that where the next begins.
  static constexpr std::size_t kKeptBlocks = 4;

  CheckedReader(const FileChecks& checks, ReadAt read_at);

  // Requires: the range lies within the file.
  // Fails with kCorruptData when a block is not as it was written, or as `read_at`.
  Result<void> Read(std::uint64_t offset, std::span<char> target);

 private:
  struct KeptBlock {
    std::uint64_t number = 0;
    std::uint64_t last_use = 0;  // 0: holds nothing
    std::vector<char> bytes;
  };

  Result<void> ReadBlocks(std::uint64_t offset, std::span<char> target);
  Result<void> ReadPart(std::uint64_t offset, std::span<char> target);
  Result<std::vector<char>> ReadBlock(std::uint64_t number, std::vector<char> memory) const;
  bool CopyKept(std::uint64_t number, std::size_t begin, std::span<char> target);
  void Keep(std::uint64_t number, std::vector<char> bytes);
  std::vector<char> TakeOldest();

  const FileChecks& checks_;
  const ReadAt read_at_;

  Mutex mutex_;
  std::array<KeptBlock, kKeptBlocks> kept_ GUARDED_BY(mutex_);
  std::uint64_t use_count_ GUARDED_BY(mutex_) = 0;
};

}  // namespace arc::integrity
