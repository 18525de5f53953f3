// CRC-32C of every 64 KiB block of a Parquet file of ours, kept as text in the key-value metadata
// of its footer. docs/formats/files.md has the bytes.
//
// The footer is the last thing in a file and the checksums are in it, so they cover what lies
// before it. Its own checksum is in the catalog.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/result.h"

namespace arc::integrity {

// Small enough that reading whole blocks around a page costs little, large enough that a checksum
// is an eight-thousandth of what it covers.
inline constexpr std::size_t kBlockBytes = std::size_t{64} << 10;

// After the footer: its length, 4 bytes, and the magic PAR1.
inline constexpr std::size_t kFooterTailBytes = 8;

inline constexpr const char* kBlockChecksumsKey = "arc:block_crc";
// The value under the key while Parquet writes the footer. It must be the last of the metadata.
inline constexpr const char* kBlockChecksumsPlaceholder = "-";

// Sums the blocks of bytes that come in a row.
class BlockSummer {
 public:
  void Add(std::string_view bytes);
  // Of all blocks so far, the last one short unless it happens to be full.
  std::vector<std::uint32_t> Finish() const;

 private:
  std::vector<std::uint32_t> full_;
  std::uint32_t open_checksum_ = 0;
  std::size_t open_bytes_ = 0;
};

// How many bytes the footer at the end of a file takes, its tail included; `end` is the end of the
// file, of at least kFooterTailBytes. Nothing when it does not end as Parquet files do.
std::optional<std::uint64_t> FooterBytesOf(std::string_view end);

// `footer`, a whole one with its tail and with the placeholder, with the checksums in its place.
// Fails with kInternal when the placeholder is not there.
Result<std::string> PutBlockChecksums(std::string_view footer,
                                      const std::vector<std::uint32_t>& checksums);

// The checksums in a whole footer that is known to be as it was written; nothing when it has none.
// Fails with kCorruptData unless they are those of `covered_bytes` bytes.
Result<std::optional<std::vector<std::uint32_t>>> BlockChecksumsIn(std::string_view footer,
                                                                   std::uint64_t covered_bytes);

}  // namespace arc::integrity
