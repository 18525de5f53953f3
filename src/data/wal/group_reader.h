// Finds groups and records in one file of the log, sound or not.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "data/wal/file_window.h"
#include "data/wal/format.h"
#include "foundation/base/result.h"

namespace arc::wal {

// A record whose checksums are right.
struct FoundRecord {
  std::uint64_t offset = 0;  // of its header
  RecordHeader header;
  std::string_view payload;  // valid until the next call of the reader

  std::uint64_t end() const { return offset + kRecordHeaderBytes + Padded(header.byte_count); }
};

// Threads: one. `file` must outlive it.
class GroupReader {
 public:
  GroupReader(FileWindow& file, const FileHeader& header) : file_(file), header_(header) {}

  // Nothing when no group header with right checksum is there.
  Result<std::optional<GroupHeader>> HeaderAt(std::uint64_t offset);
  // The records of the group at `offset`. Nothing unless all are there and sound.
  Result<std::optional<std::vector<FoundRecord>>> RecordsAt(std::uint64_t offset,
                                                            const GroupHeader& group);
  // Nothing when no sound record is there.
  Result<std::optional<FoundRecord>> RecordAt(std::uint64_t offset);

  // Where the next group header, or sound record, begins at or after `begin` and before `end`.
  Result<std::optional<std::uint64_t>> NextGroup(std::uint64_t begin, std::uint64_t end);
  Result<std::optional<std::uint64_t>> NextRecord(std::uint64_t begin, std::uint64_t end);
  // Whether anything of this file was written at or after `begin`.
  Result<bool> HasMark(std::uint64_t begin);

 private:
  enum class Mark : std::uint8_t { kGroup, kRecord, kAny };
  Result<std::optional<std::uint64_t>> NextMark(std::uint64_t begin, std::uint64_t end, Mark mark);

  FileWindow& file_;
  const FileHeader header_;
};

}  // namespace arc::wal
