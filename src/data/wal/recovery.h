// Reads the log back after a stop or a crash (docs/formats/wal.md), before it is opened again.
//
// What was never durable and is damaged or missing is the torn tail: cut and logged. What is known
// to have been durable and is damaged is corruption: the bytes are saved in `quarantine/`, an error
// is logged, and everything else is recovered.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "data/wal/log_extent.h"
#include "data/wal/log_record.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"

namespace arc::wal {

struct SegmentInfo {
  std::uint64_t number = 0;
  Lsn first{};                   // of its first record; when it has none, as `last`
  Lsn last{};                    // of its last record; when it has none, the last LSN before it
  std::uint64_t byte_count = 0;  // up to the end of its last group
};

struct CheckpointInfo {
  Lsn last_lsn{};
  std::uint64_t byte_count = 0;
};

// What is in the folder, and what was found on the way.
struct Recovered {
  std::vector<SegmentInfo> segments;  // oldest first
  std::optional<CheckpointInfo> checkpoint;
  Lsn last_lsn{};      // of the last record that is in the log; the next segment says so
  Lsn greatest_lsn{};  // ever seen in it, what was cut included: new LSNs must be above
  std::uint64_t greatest_segment = 0;
  // The LSN of the last record before the first segment; nothing when no segment tells.
  std::optional<Lsn> first_previous;
  std::uint64_t record_count = 0;       // given to `apply`
  std::uint64_t byte_count = 0;         // of their payloads
  std::uint64_t quarantined_count = 0;  // corrupt places and refused records: not 0 is an alarm
  std::uint64_t torn_byte_count = 0;    // cut from the end
};

// Records from the first to the last LSN that a log must have and has not, as far as anybody can
// know: some of the LSNs may never have been given to a record.
struct MissingRecords {
  Lsn first{};
  Lsn last{};

  bool operator==(const MissingRecords&) const = default;
};
// What is missing at the beginning and at the end, before it is read any further: Recover() itself
// reports what is missing between two segments. `expected`: what was remembered outside.
std::vector<MissingRecords> FindMissing(const Recovered& found, const LogExtent& expected);

// Fails with kCorruptData when it cannot read the payload: the record is set aside in
// `quarantine/` and recovery goes on. Any other failure ends the recovery.
using ApplyRecord = std::function<Result<void>(const RecoveredRecord&)>;
// Bytes read and bytes to read in all. Called after every file and about every 64 MiB.
using RecoveryProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

// Gives every good record to `apply`: those of the newest checkpoint first (their LSNs in no
// order), then those of the segments above the checkpoint's LSN, in LSN order. A group that may
// still turn out torn is checked as a whole before its first record is given, so nothing is applied
// that is then cut. What it gave is durable when it returns success.
//
// Creates the folder when there is none. Removes what a crash left half done: temporary files,
// older checkpoints and segments that the checkpoint covers. Memory: 8 MiB, or the largest group.
// `known_durable`: records up to it were once durable, as far as the caller knows; 0 for unknown.
// Nothing else may use the folder meanwhile.
Result<Recovered> Recover(fs::FileSystem& file_system, const std::string& directory,
                          Lsn known_durable, const ApplyRecord& apply,
                          const RecoveryProgress& progress = {});

}  // namespace arc::wal
