// What a stored file is compared with: its size and footer with the catalog's, its blocks with the
// checksums in the footer.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/catalog/file_entry.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"

namespace arc::integrity {

// Fills `target` from `offset` of the file on. Blocks on the disk. Fails when the file ends before.
using ReadAt = std::function<Result<void>(std::uint64_t offset, std::span<char> target)>;

// As ReadAt, of an open file. Fails with kCorruptData when the file ends before.
Result<void> ReadFully(fs::ReadFile& file, std::uint64_t offset, std::span<char> target);

// What the catalog knows of a file, as far as it can be compared with the file.
struct ExpectedFile {
  std::uint64_t byte_count = 0;
  std::uint32_t footer_bytes = 0;  // 0: not known, written by an older server
  std::uint32_t footer_checksum = 0;

  bool operator==(const ExpectedFile&) const = default;
};
ExpectedFile ExpectedOf(const catalog::FileEntry& entry);

// For a file that was not written just now: fills footer_bytes and footer_checksum of `entry` from
// what it holds. Fails with kUnprocessable when it does not end as Parquet files do.
Result<void> SumFooter(fs::ReadFile& file, catalog::FileEntry& entry);

// Threads: immutable, read from anywhere.
class FileChecks {
 public:
  // Reads the footer. Fails with kCorruptData when the size or the footer is another than expected,
  // with what `read_at` fails with otherwise.
  static Result<FileChecks> Load(const ExpectedFile& expected, std::uint64_t byte_count,
                                 const ReadAt& read_at);

  std::uint64_t byte_count() const { return byte_count_; }
  // From its first byte to the end of the file; empty when the catalog knows none to compare with.
  std::string_view footer() const { return footer_; }
  std::uint64_t footer_offset() const { return byte_count_ - footer_.size(); }
  // Whether everything before the footer has block checksums.
  bool has_blocks() const { return block_checksums_.has_value(); }
  // `bytes` are whole blocks from number `first_block` on, the last one of the file may be short.
  // Fails with kCorruptData, naming the first block that is not as it was written.
  Result<void> CheckBlocks(std::uint64_t first_block, std::string_view bytes) const;

 private:
  FileChecks() = default;

  std::uint64_t byte_count_ = 0;
  std::string footer_;
  std::optional<std::vector<std::uint32_t>> block_checksums_;
};

}  // namespace arc::integrity
