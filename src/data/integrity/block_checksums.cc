#include "data/integrity/block_checksums.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "foundation/base/crc32c.h"

namespace arc::integrity {
namespace {

constexpr std::string_view kMagic = "PAR1";
constexpr std::size_t kDigits = 8;  // of one checksum

// A KeyValue of the metadata in Thrift's compact protocol: field 1 is the key and field 2 the
// value, both texts. A length is a number in groups of 7 bits, the lowest first.
constexpr char kTextField = 0x18;  // the next field, of type text
constexpr char kEndOfStruct = 0x00;

std::string LengthOf(std::size_t byte_count) {
  std::string length;
  for (; byte_count >= 0x80; byte_count >>= 7) {
    length += static_cast<char>(0x80 | (byte_count & 0x7f));
  }
  return length += static_cast<char>(byte_count);
}

// Takes a length from the front of `bytes`. Nothing when they do not begin with one.
std::optional<std::size_t> TakeLength(std::string_view& bytes) {
  std::size_t length = 0;
  for (int shift = 0; shift < 35 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    length |= std::size_t{byte & 0x7fU} << shift;
    if ((byte & 0x80) == 0) return length;
  }
  return std::nullopt;
}

std::string Field(std::string_view text) {
  return kTextField + LengthOf(text.size()) + std::string(text);
}

std::string LittleEndian32(std::uint32_t value) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(value >> shift & 0xff);
  return bytes;
}

// Where the value's field begins, after the key. Names of columns and tags come before the metadata
// in a footer, and what comes after it (the name of the writer, the order of columns) is not chosen
// by users. So the last place with this key is the right one, whatever columns and tags are called.
std::size_t PlaceOfValue(std::string_view footer) {
  const auto key = Field(kBlockChecksumsKey) + kTextField;
  const auto found = footer.rfind(key);
  return found == std::string_view::npos ? found : found + key.size() - 1;
}

}  // namespace

void BlockSummer::Add(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto part = bytes.substr(0, kBlockBytes - open_bytes_);
    open_checksum_ = Crc32c(open_checksum_, part);
    open_bytes_ += part.size();
    bytes.remove_prefix(part.size());
    if (open_bytes_ < kBlockBytes) return;
    full_.push_back(open_checksum_);
    open_checksum_ = 0;
    open_bytes_ = 0;
  }
}

std::vector<std::uint32_t> BlockSummer::Finish() const {
  auto checksums = full_;
  if (open_bytes_ > 0) checksums.push_back(open_checksum_);
  return checksums;
}

std::optional<std::uint64_t> FooterBytesOf(std::string_view end) {
  if (end.size() < kFooterTailBytes || !end.ends_with(kMagic)) return std::nullopt;
  const auto tail = end.substr(end.size() - kFooterTailBytes);
  std::uint32_t length = 0;
  for (std::size_t i = 0; i < 4; i++) {
    length |= static_cast<std::uint32_t>(static_cast<unsigned char>(tail[i])) << (8 * i);
  }
  return std::uint64_t{length} + kFooterTailBytes;
}

Result<std::string> PutBlockChecksums(std::string_view footer,
                                      const std::vector<std::uint32_t>& checksums) {
  const auto place = PlaceOfValue(footer);
  const auto old_value = Field(kBlockChecksumsPlaceholder) + kEndOfStruct;
  if (place == std::string_view::npos || !footer.substr(place).starts_with(old_value)) {
    return Error{ErrorCode::kInternal, "a Parquet footer has no place for the block checksums"};
  }
  std::string value;
  value.reserve(checksums.size() * kDigits);
  for (const auto checksum : checksums)
    fmt::format_to(std::back_inserter(value), "{:08x}", checksum);
  auto changed = std::string(footer.substr(0, place)) + Field(value) + kEndOfStruct;
  changed += footer.substr(place + old_value.size());
  changed.resize(changed.size() - kFooterTailBytes);
  return changed + LittleEndian32(static_cast<std::uint32_t>(changed.size())) + std::string(kMagic);
}

Result<std::optional<std::vector<std::uint32_t>>> BlockChecksumsIn(std::string_view footer,
                                                                   std::uint64_t covered_bytes) {
  using Checksums = std::vector<std::uint32_t>;
  const auto place = PlaceOfValue(footer);
  if (place == std::string_view::npos) return std::optional<Checksums>();
  auto value = footer.substr(place + 1);
  const auto length = TakeLength(value);
  const auto block_count = (covered_bytes + kBlockBytes - 1) / kBlockBytes;
  const Error wrong{ErrorCode::kCorruptData, "the block checksums do not fit the file"};
  if (!length || *length > value.size() || *length != block_count * kDigits) return wrong;
  Checksums checksums(block_count);
  for (std::size_t i = 0; i < checksums.size(); i++) {
    const auto* digits = value.data() + i * kDigits;
    const auto parsed = std::from_chars(digits, digits + kDigits, checksums[i], 16);
    if (parsed.ec != std::errc() || parsed.ptr != digits + kDigits) return wrong;
  }
  return std::optional(std::move(checksums));
}

}  // namespace arc::integrity
