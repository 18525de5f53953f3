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

// Fills `target` from `offset` of the file on. Blocks on the disk. Fails when the file is shorter.
using ReadAt = std::function<Result<void>(std::uint64_t offset, std::span<char> target)>;

// The same from an open file. Fails with kCorruptData when the file is shorter.
Result<void> ReadFully(fs::ReadFile& file, std::uint64_t offset, std::span<char> target);

// What the catalog knows about a file and a reader can check.
struct ExpectedFile {
  std::uint64_t byte_count = 0;
  std::uint32_t footer_bytes = 0;  // 0: not known, because an older server wrote the file
  std::uint32_t footer_checksum = 0;

  bool operator==(const ExpectedFile&) const = default;
};
ExpectedFile ExpectedOf(const catalog::FileEntry& entry);

// For a file that this server did not write: fills footer_bytes and footer_checksum of `entry` from
// the file. Fails with kUnprocessable when it does not end as Parquet files do.
Result<void> SumFooter(fs::ReadFile& file, catalog::FileEntry& entry);

// Threads: immutable, read from anywhere.
class FileChecks {
 public:
  // Reads the footer. Fails with kCorruptData when the size or the footer is not as expected, or as
  // `read_at` fails.
  static Result<FileChecks> Load(const ExpectedFile& expected, std::uint64_t byte_count,
                                 const ReadAt& read_at);

  std::uint64_t byte_count() const { return byte_count_; }
  // The footer up to the end of the file; empty when the catalog does not know its checksum.
  std::string_view footer() const { return footer_; }
  std::uint64_t footer_offset() const { return byte_count_ - footer_.size(); }
  // Whether everything before the footer has block checksums.
  bool has_blocks() const { return block_checksums_.has_value(); }
  // `bytes` are whole blocks, the first one is number `first_block`; the last one of the file may
  // be short. Fails with kCorruptData, naming the first block that is not as it was written.
  Result<void> CheckBlocks(std::uint64_t first_block, std::string_view bytes) const;

 private:
  FileChecks() = default;

  std::uint64_t byte_count_ = 0;
  std::string footer_;
  std::optional<std::vector<std::uint32_t>> block_checksums_;
};

}  // namespace arc::integrity
