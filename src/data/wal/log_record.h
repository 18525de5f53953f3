// What the log keeps: opaque payloads under rising LSNs.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "foundation/model/lsn.h"

namespace arc::wal {

enum class RecordType : std::uint8_t {
  kRows = 1,            // the rows of one request
  kCheckpointRows = 2,  // rows of one measurement that a checkpoint took over
};

// A longer payload is refused (kTooLarge).
inline constexpr std::uint64_t kPayloadBytesMax = 0xffff'0000;

// A record to be written. The pieces are written one after the other, without copying them first.
struct LogRecord {
  Lsn lsn{};
  RecordType type = RecordType::kRows;
  std::vector<std::string_view> pieces;  // the payload; must live during the call
  std::uint64_t byte_count = 0;          // of all pieces
  std::uint32_t checksum = 0;            // CRC-32C of all pieces (base/crc32c.h)
};

// A record that was read back.
struct RecoveredRecord {
  Lsn lsn{};
  RecordType type = RecordType::kRows;
  std::string_view payload;  // valid during the call
};

}  // namespace arc::wal
