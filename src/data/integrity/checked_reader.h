// Reads any range of a file, and returns only bytes that were checked after they came from the
// disk.
//
// A range is answered in up to three parts. Bytes of the footer come from memory, where FileChecks
// keeps them. Blocks that lie wholly in the range are read straight into the caller's memory and
// checked there. A block at an edge of the range is read as a whole into memory of ours, checked,
// and the wanted part is copied; the last few such blocks are kept, because the next range often
// needs the same one. When a check fails, the caller's memory holds unchecked bytes: it must not
// use them.
//
// A file without block checksums (adopted, or written by an older server) cannot be checked in
// parts: its bytes before the footer are passed on as they are.

#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "data/integrity/file_checks.h"
#include "foundation/base/mutex.h"

namespace arc::integrity {

// Lifetime: `checks`, and what `read_at` uses, must outlive it.
// Threads:  any number at once; so `read_at` may be called by several at once, too. No lock is held
//           while a block is read.
// Limits:   keeps up to kKeptBlocks blocks in memory, of 64 KiB each.
class CheckedReader {
 public:
  // Parquet's reader asks for a page in many small pieces and one large one, and columns lie one
  // after the other: often one page ends in the block where the next one begins.
  static constexpr std::size_t kKeptBlocks = 4;

  CheckedReader(const FileChecks& checks, ReadAt read_at);

  // Requires: the range lies within the file.
  // Fails with kCorruptData when a block is not as it was written, or as `read_at` fails.
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
