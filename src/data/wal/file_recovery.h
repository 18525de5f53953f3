// Reads one file of the log from its first group to its end, passes its sound records on, and
// decides about every place that is damaged (docs/formats/wal.md, "How it is read").
//
// A group is sound when its header, its checksums and its previous LSN are right. Where no sound
// group follows, the place is one of three:
//   the end       Nothing was written there. Reading ends.
//   corruption    Records there were durable once: in a segment that has a successor, in a
//                 checkpoint, or below an LSN that later bytes or `arc.state` call durable. Sound
//                 records within it are still applied; the other bytes are saved in `quarantine/`
//                 and reported, and reading goes on behind them.
//   the torn tail The last write before the crash, which nobody acknowledged. Reading ends, and
//                 Recover() cuts the file there.
// So a damaged byte never costs more than the records that it belongs to, and nothing that was
// acknowledged disappears without a report. One thread; the file is only read here.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "data/wal/group_reader.h"
#include "data/wal/recovery.h"

namespace arc::wal {

// What all files of one recovery share.
struct RecoveryState {
  fs::FileSystem& file_system;
  const std::string& directory;
  const ApplyRecord& apply;
  const RecoveryProgress& progress;
  Lsn known_durable{};   // only rises
  Lsn checkpoint_lsn{};  // records of segments up to it are in the checkpoint
  Recovered found{};
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
  std::uint64_t bytes_reported = 0;

  void AddProgress(std::uint64_t byte_count);
};

class FileRecovery {
 public:
  // `next_previous`: the previous LSN of the next segment; nothing for the last one and for a
  // checkpoint. Both references must outlive it.
  FileRecovery(RecoveryState& state, FileWindow& file, const FileHeader& header,
               std::optional<Lsn> next_previous);

  // Fails when the disk does, or `apply` with anything but kCorruptData.
  Result<void> Run();

  // After Run.
  Lsn first() const { return first_.value_or(last_); }
  Lsn last() const { return last_; }
  bool has_groups() const { return end_ > kGroupsOffset; }
  // Of the last group, or of the last corrupt place.
  std::uint64_t end() const { return end_; }
  bool is_torn() const { return is_torn_; }  // from end() on
  bool has_corruption() const { return has_corruption_; }

 private:
  // A damaged place.
  struct Damage {
    std::uint64_t records_begin = 0;  // where records may begin: behind a sound group header
    std::uint64_t end = 0;            // where a group begins, or the file ends
    Lsn first_missing{};              // no record below it is missing
    std::optional<Lsn> last_lsn;      // nor one above it; unknown at the end of the last segment
    bool ends_at_group = false;
  };

  bool is_checkpoint() const { return header_.kind == FileKind::kCheckpoint; }
  Result<bool> ReadSoundGroup();
  Result<bool> IsEnd();
  Result<Damage> DamageHere();
  Result<Damage> DamageOfGroup(const GroupHeader& group);
  Result<Damage> DamageUpToNextGroup();
  Result<bool> IsCorruption(const Damage& damage);
  Result<void> LookAhead();
  Result<void> SetAside(const Damage& damage);
  Result<bool> IsRest(const Damage& damage, std::uint64_t begin, Lsn last_found);
  Result<void> SetAsideBytes(std::uint64_t begin, std::uint64_t end, Lsn above, Lsn last_lsn);
  Result<void> NoteTornTail();
  Result<void> ApplySoundRecords(const Damage& damage, std::uint64_t& gap_begin, Lsn& above);
  // Returns whether the record could be decoded.
  Result<bool> Apply(const FoundRecord& record);
  Result<void> SetAsideRefused(const FoundRecord& record);
  void MoveTo(std::uint64_t offset);
  std::string place() const;

  RecoveryState& state_;
  FileWindow& file_;
  const FileHeader header_;
  const std::optional<Lsn> next_previous_;
  GroupReader reader_;

  std::uint64_t offset_ = kGroupsOffset;
  std::uint64_t end_ = kGroupsOffset;
  Lsn last_;
  std::optional<Lsn> first_;
  bool is_closed_ = false;  // of a checkpoint: its closing group, or its end, was reached
  bool has_looked_ahead_ = false;
  bool is_torn_ = false;
  bool has_corruption_ = false;
};

}  // namespace arc::wal
