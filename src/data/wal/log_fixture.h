// A log on a simulated disk, and the records that tests write to it and read back.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "data/wal/log.h"
#include "data/wal/recovery.h"
#include "foundation/base/check.h"
#include "foundation/base/crc32c.h"
#include "foundation/testing/faulty_file_system.h"

namespace arc::wal {

inline const std::string kFolder = "/wal";

using Rows = std::map<std::uint64_t, std::string>;  // LSN → payload

// The payload of an LSN, of any length from 0 on, distinct for each.
inline std::string PayloadOf(std::uint64_t lsn, std::size_t length_max = 200) {
  std::mt19937_64 random(lsn);
  std::string payload(random() % (length_max + 1), '\0');
  for (auto& byte : payload) byte = static_cast<char>(random());
  return payload;
}

// Records in two pieces each, as those of a request are in several.
class Group {
 public:
  explicit Group(const Rows& rows) : rows_(rows) {
    for (const auto& [lsn, payload] : rows_) {
      const std::string_view bytes = payload;
      records_.push_back(
          {.lsn = Lsn{lsn},
           .pieces = {bytes.substr(0, bytes.size() / 3), bytes.substr(bytes.size() / 3)},
           .byte_count = bytes.size(),
           .checksum = Crc32c(0, bytes)});
    }
  }
  const std::vector<LogRecord>& records() const { return records_; }

 private:
  const Rows rows_;
  std::vector<LogRecord> records_;
};

inline Rows RowsFrom(std::uint64_t first, std::uint64_t last, std::size_t length_max = 200) {
  Rows rows;
  for (auto lsn = first; lsn <= last; lsn++) rows[lsn] = PayloadOf(lsn, length_max);
  return rows;
}

struct ReadBack {
  Rows rows;
  Recovered recovered;
};

inline Result<ReadBack> TryReadBack(fs::FileSystem& disk, Lsn known_durable = {}) {
  ReadBack back;
  back.recovered =
      TRY(Recover(disk, kFolder, known_durable, [&](const RecoveredRecord& record) -> Result<void> {
        const bool is_new =
            back.rows.emplace(ToNumber(record.lsn), std::string(record.payload)).second;
        if (!is_new) return Error{ErrorCode::kInternal, "a record came twice"};
        return {};
      }));
  return back;
}

inline ReadBack MustReadBack(fs::FileSystem& disk, Lsn known_durable = {}) {
  auto back = TryReadBack(disk, known_durable);
  CHECK(back.ok(), back.ok() ? "" : LogText(back.error()).c_str());
  return std::move(back).TakeValue();
}

inline std::unique_ptr<Log> OpenLog(fs::FileSystem& disk, Recovered recovered,
                                    Log::Options options = {}) {
  options.directory = kFolder;
  return Log::Open(std::move(options), disk, std::move(recovered)).TakeValue();
}

inline std::string FileBytes(fs::FileSystem& disk, const std::string& path) {
  return fs::ReadWholeFile(disk, path, std::size_t{1} << 30).TakeValue();
}

inline void ReplaceFile(fs::FileSystem& disk, const std::string& path, std::string_view bytes) {
  const auto file = disk.OpenRandom(path, fs::FileSystem::IfAbsent::kCreate).TakeValue();
  CHECK(file->Truncate(0).ok() && file->WriteAt(0, {&bytes, 1}).ok() && file->Sync().ok() &&
            disk.SyncDirectory(kFolder).ok(),
        "the simulated disk refused");
}

}  // namespace arc::wal
