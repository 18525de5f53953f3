// Writes the file of a checkpoint, aside.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "data/wal/format.h"
#include "data/wal/log.h"
#include "foundation/fs/file_system.h"

namespace arc::wal {

// Threads: one. Gathers small records into groups, so it holds about a mebibyte.
class CheckpointWriter : public Log::CheckpointSink {
 public:
  CheckpointWriter(std::unique_ptr<fs::AppendFile> file, Lsn last_lsn);

  Result<void> Add(const LogRecord& record) override;
  // Closes and syncs the file. Returns its length.
  Result<std::uint64_t> Finish();

 private:
  Result<void> WriteGroup();

  const std::unique_ptr<fs::AppendFile> file_;
  const FileHeader header_;
  std::string bytes_;        // what is not written: headers of the file, then one group
  std::size_t group_begin_;  // in bytes_
  std::uint32_t record_count_ = 0;
};

}  // namespace arc::wal
