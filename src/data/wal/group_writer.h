// The bytes of a group, as pieces for one gathered write: headers here, payloads where they are.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/wal/format.h"

namespace arc::wal {

// Kept from group to group for its memory. Threads: one.
class GroupWriter {
 public:
  static std::uint64_t ByteCount(std::span<const LogRecord> records);

  // An empty group closes the file, and `previous` is its last LSN. The pieces are valid until the
  // next call and as long as those of `records`.
  std::span<const std::string_view> Group(const FileHeader& file, Lsn previous, Lsn durable,
                                          std::span<const LogRecord> records);
  // The same behind the headers of a new file.
  std::span<const std::string_view> FirstGroup(const FileHeader& file, Lsn previous, Lsn durable,
                                               std::span<const LogRecord> records);

 private:
  void Add(const FileHeader& file, Lsn previous, Lsn durable, std::span<const LogRecord> records);
  void AddRecord(const FileHeader& file, const LogRecord& record, char* header);

  std::string file_start_;
  std::string headers_;
  std::vector<std::string_view> pieces_;
};

}  // namespace arc::wal
