#include "data/wal/file_recovery.h"

#include <algorithm>
#include <vector>

#include "data/wal/file_names.h"
#include "data/wal/quarantine.h"
#include "foundation/base/log.h"

namespace arc::wal {
namespace {

constexpr std::uint64_t kProgressBytes = std::uint64_t{64} << 20;

}  // namespace

void RecoveryState::AddProgress(std::uint64_t byte_count) {
  bytes_done += byte_count;
  if (!progress || bytes_done - bytes_reported < kProgressBytes) return;
  bytes_reported = bytes_done;
  progress(bytes_done, bytes_total);
}

FileRecovery::FileRecovery(RecoveryState& state, FileWindow& file, const FileHeader& header,
                           std::optional<Lsn> next_previous)
    : state_(state),
      file_(file),
      header_(header),
      next_previous_(next_previous),
      reader_(file, header),
      last_(header.previous) {}

Result<void> FileRecovery::Run() {
  while (true) {
    if (TRY(ReadSoundGroup())) continue;
    if (TRY(IsEnd())) return {};
    const auto damage = TRY(DamageHere());
    if (!TRY(IsCorruption(damage))) return NoteTornTail();
    TRY(SetAside(damage));
  }
}

Result<bool> FileRecovery::ReadSoundGroup() {
  if (is_closed_) return false;
  const auto group = TRY(reader_.HeaderAt(offset_));
  if (!group || (!is_checkpoint() && group->previous != last_)) return false;
  const auto records = TRY(reader_.RecordsAt(offset_, *group));
  if (!records) return false;
  std::vector<FoundRecord> refused;
  for (const auto& record : *records) {
    if (!TRY(Apply(record))) refused.push_back(record);
  }
  // Not before: reading the file again moves the payloads.
  for (const auto& record : refused) TRY(SetAsideRefused(record));
  is_closed_ = is_checkpoint() && group->record_count == 0;
  last_ = group->last;
  MoveTo(offset_ + kGroupHeaderBytes + group->byte_count);
  return true;
}

Result<bool> FileRecovery::IsEnd() {
  if (is_checkpoint()) return is_closed_;
  if (next_previous_) return last_ >= *next_previous_;
  return !TRY(reader_.HasMark(offset_));
}

Result<FileRecovery::Damage> FileRecovery::DamageHere() {
  const auto group = TRY(reader_.HeaderAt(offset_));
  if (group && (is_checkpoint() || group->previous == last_)) return DamageOfGroup(*group);
  return DamageUpToNextGroup();
}

Result<FileRecovery::Damage> FileRecovery::DamageOfGroup(const GroupHeader& group) {
  Damage damage{.records_begin = offset_ + kGroupHeaderBytes,
                .end = file_.byte_count(),
                .first_missing = Next(last_),
                .last_lsn = group.last};
  damage.records_begin = std::min(damage.records_begin, file_.byte_count());
  if (group.byte_count <= damage.end - damage.records_begin) {
    damage.end = damage.records_begin + group.byte_count;
    damage.ends_at_group = true;
  }
  const auto bytes = TRY(file_.View(damage.records_begin, kRecordHeaderBytes));
  const auto first = DecodeRecordHeader(header_, bytes);
  if (first && !is_checkpoint()) damage.first_missing = first->lsn;
  return damage;
}

Result<FileRecovery::Damage> FileRecovery::DamageUpToNextGroup() {
  Damage damage{.records_begin = offset_,
                .end = std::max(offset_, file_.byte_count()),
                .first_missing = Next(last_),
                .last_lsn = next_previous_};
  if (is_checkpoint()) damage.last_lsn = header_.previous;
  for (auto begin = offset_;;) {
    const auto next = TRY(reader_.NextGroup(begin, file_.byte_count()));
    if (!next) return damage;
    const auto group = TRY(reader_.HeaderAt(*next));
    if (is_checkpoint() || group->previous >= last_) {
      damage.end = *next;
      damage.ends_at_group = true;
      if (!is_checkpoint()) damage.last_lsn = group->previous;
      return damage;
    }
    begin = *next + kAlignment;  // older than what was read: never written by us, passed over
  }
}

// Whatever lies before the beginning of another segment was durable before that one was begun.
Result<bool> FileRecovery::IsCorruption(const Damage& damage) {
  if (is_checkpoint() || next_previous_) return true;
  TRY(LookAhead());
  return damage.first_missing <= state_.known_durable;
}

Result<void> FileRecovery::LookAhead() {
  if (has_looked_ahead_) return {};
  has_looked_ahead_ = true;
  for (auto begin = offset_;;) {
    const auto next = TRY(reader_.NextGroup(begin, file_.byte_count()));
    if (!next) return {};
    const auto group = TRY(reader_.HeaderAt(*next));
    state_.known_durable = std::max(state_.known_durable, group->durable);
    state_.found.greatest_lsn = std::max(state_.found.greatest_lsn, group->last);
    begin = *next + kAlignment;
  }
}

Result<void> FileRecovery::NoteTornTail() {
  is_torn_ = true;
  const auto end = TRY(file_.EndWithoutZeros(offset_, file_.byte_count()));
  state_.found.torn_byte_count += end - offset_;
  LogWarning("wal: {} ends in a write that was never durable: {} bytes from offset {} on are cut",
             place(), end - offset_, offset_);
  return {};
}

Result<void> FileRecovery::SetAside(const Damage& damage) {
  has_corruption_ = true;
  auto gap_begin = damage.records_begin;
  auto above = last_;
  TRY(ApplySoundRecords(damage, gap_begin, above));
  const auto last_lsn = damage.last_lsn.value_or(above);
  const bool is_missing = damage.records_begin == damage.end;  // not one byte of it is there
  if (is_missing || (gap_begin < damage.end && !TRY(IsRest(damage, gap_begin, above)))) {
    TRY(SetAsideBytes(gap_begin, damage.end, above, last_lsn));
  }
  if (is_checkpoint() && damage.end >= file_.byte_count()) is_closed_ = true;
  last_ = std::max(last_, last_lsn);
  MoveTo(damage.end);
  return {};
}

// What follows the last record of a segment means nothing.
Result<bool> FileRecovery::IsRest(const Damage& damage, std::uint64_t begin, Lsn last_found) {
  if (is_checkpoint() || damage.ends_at_group) return false;
  if (damage.last_lsn) return last_found >= *damage.last_lsn;
  return !TRY(reader_.HasMark(begin));
}

// Leaves the bytes behind the last sound record, and its LSN, to the caller.
Result<void> FileRecovery::ApplySoundRecords(const Damage& damage, std::uint64_t& gap_begin,
                                             Lsn& above) {
  for (auto begin = gap_begin;;) {
    const auto offset = TRY(reader_.NextRecord(begin, damage.end));
    if (!offset) return {};
    const auto lsn = TRY(reader_.RecordAt(*offset))->header.lsn;
    if (!is_checkpoint() && (lsn <= above || (damage.last_lsn && lsn > *damage.last_lsn))) {
      begin = *offset + kAlignment;
      continue;
    }
    if (gap_begin < *offset) TRY(SetAsideBytes(gap_begin, *offset, above, lsn));
    const auto record = TRY(reader_.RecordAt(*offset));
    if (!TRY(Apply(*record))) TRY(SetAsideRefused(*record));
    begin = gap_begin = record->end();
    if (!is_checkpoint()) above = lsn;
  }
}

Result<void> FileRecovery::SetAsideBytes(std::uint64_t begin, std::uint64_t end, Lsn above,
                                         Lsn last_lsn) {
  const auto path =
      TRY(SaveToQuarantine(state_.file_system, state_.directory, place(), file_, begin, end));
  state_.found.quarantined_count++;
  LogError(
      "wal: {} is corrupt from offset {} to {}: records between LSN {} and {} may be lost; the "
      "bytes are in {}",
      place(), begin, end, ToNumber(above), ToNumber(last_lsn), path.empty() ? "no file" : path);
  return {};
}

Result<bool> FileRecovery::Apply(const FoundRecord& record) {
  const auto lsn = record.header.lsn;
  if (!first_) first_ = lsn;
  if (!is_checkpoint() && lsn <= state_.checkpoint_lsn) return true;
  const auto applied = state_.apply(
      {.lsn = lsn, .type = static_cast<RecordType>(record.header.type), .payload = record.payload});
  if (applied.ok()) {
    state_.found.record_count++;
    state_.found.byte_count += record.payload.size();
    return true;
  }
  if (applied.error().code != ErrorCode::kCorruptData) return applied.error();
  LogError("wal: the record of LSN {} cannot be decoded: {}", ToNumber(lsn),
           LogText(applied.error()));
  return false;
}

Result<void> FileRecovery::SetAsideRefused(const FoundRecord& record) {
  return SetAsideBytes(record.offset, record.end(), record.header.lsn, record.header.lsn);
}

void FileRecovery::MoveTo(std::uint64_t offset) {
  state_.AddProgress(offset - offset_);
  offset_ = offset;
  end_ = std::min(offset, file_.byte_count());
}

std::string FileRecovery::place() const {
  const auto name =
      is_checkpoint() ? CheckpointName(Lsn{header_.number}) : SegmentName(header_.number);
  return name.substr(0, name.rfind('.'));
}

}  // namespace arc::wal
