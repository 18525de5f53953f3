// CRC-32C of every 64 KiB block of a Parquet file of ours, kept as text in the key-value metadata
// of its footer. docs/formats/files.md has the bytes.
//
// The footer is the last part of a file and holds the checksums, so these cover the bytes before
// the footer. The checksum of the footer itself is in the catalog. So a file is checked in this
// order: the catalog's size and checksum prove the footer, the footer's checksums prove the blocks.
//
// While a file is written, its blocks are summed as they go by (BlockSummer). Parquet's writer
// makes the footer with a placeholder as the value of the key; PutBlockChecksums replaces the
// placeholder before the footer is written. That changes the length of the value and of the footer
// and nothing else, because nothing in the footer points to bytes behind the placeholder.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/result.h"

namespace arc::integrity {

// Small enough that reading whole blocks around a page costs little, large enough that the
// checksums (8 digits each) take about 0.01 % of the file.
inline constexpr std::size_t kBlockBytes = std::size_t{64} << 10;

// After the footer: its length, 4 bytes, and the magic PAR1.
inline constexpr std::size_t kFooterTailBytes = 8;

inline constexpr const char* kBlockChecksumsKey = "arc:block_crc";
// The value under the key while Parquet writes the footer. It must be the last of the metadata.
inline constexpr const char* kBlockChecksumsPlaceholder = "-";

// Computes the checksums of the blocks of a file whose bytes are added in order.
class BlockSummer {
 public:
  void Add(std::string_view bytes);
  // The checksums of all blocks so far; the last block may be short.
  std::vector<std::uint32_t> Finish() const;

 private:
  std::vector<std::uint32_t> full_;
  std::uint32_t open_checksum_ = 0;
  std::size_t open_bytes_ = 0;
};

// How many bytes the footer of a file has, its tail included. `end` is the end of the file, at
// least kFooterTailBytes of it. Nothing when it does not end as Parquet files do.
std::optional<std::uint64_t> FooterBytesOf(std::string_view end);

// Returns `footer` with the checksums instead of the placeholder. `footer` is whole, with its tail.
// Fails with kInternal when it has no placeholder.
Result<std::string> PutBlockChecksums(std::string_view footer,
                                      const std::vector<std::uint32_t>& checksums);

// The checksums in a whole footer that is known to be as it was written; nothing when it holds no
// checksums. Fails with kCorruptData when their number is not right for `covered_bytes` bytes.
Result<std::optional<std::vector<std::uint32_t>>> BlockChecksumsIn(std::string_view footer,
                                                                   std::uint64_t covered_bytes);

}  // namespace arc::integrity
