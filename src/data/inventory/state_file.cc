#include "data/inventory/state_file.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "foundation/base/crc32c.h"
#include "foundation/base/log.h"

namespace arc::inventory {
namespace {

constexpr std::string_view kMagic("ARCSTA1\0", 8);
constexpr std::size_t kSlotBytes = 512;      // one sector: a disk writes it whole or not at all
constexpr std::uint64_t kSlotOffset = 4096;  // of the second slot: the two share no page
constexpr std::size_t kFileBytes = 2 * kSlotOffset;
constexpr std::size_t kChecksumOffset = kSlotBytes - 4;

void PutNumber(std::string& bytes, std::size_t offset, std::uint64_t value, std::size_t count) {
  for (std::size_t i = 0; i < count; i++) bytes[offset + i] = static_cast<char>(value >> (8 * i));
}

std::uint64_t NumberAt(std::string_view bytes, std::size_t offset, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; i++) {
    value |= std::uint64_t{static_cast<unsigned char>(bytes[offset + i])} << (8 * i);
  }
  return value;
}

std::string EncodeSlot(const State& state, std::uint64_t sequence) {
  std::string bytes(kSlotBytes, '\0');
  kMagic.copy(bytes.data(), kMagic.size());
  const std::array numbers = {sequence,
                              state.catalog_generation,
                              state.log.last_segment,
                              ToNumber(state.log.checkpoint),
                              ToNumber(state.log.durable),
                              ToNumber(state.log.needed_from),
                              std::uint64_t{state.has_tokens}};
  auto offset = kMagic.size();
  for (const auto number : numbers) {
    PutNumber(bytes, offset, number, 8);
    offset += 8;
  }
  PutNumber(bytes, kChecksumOffset, Crc32c(0, std::string_view(bytes).substr(0, kChecksumOffset)),
            4);
  return bytes;
}

struct Slot {
  std::uint64_t sequence = 0;
  State state;
};

std::optional<Slot> DecodeSlot(std::string_view bytes) {
  if (bytes.size() < kSlotBytes || !bytes.starts_with(kMagic)) return std::nullopt;
  if (NumberAt(bytes, kChecksumOffset, 4) != Crc32c(0, bytes.substr(0, kChecksumOffset))) {
    return std::nullopt;
  }
  const auto number = [&](std::size_t index) {
    return NumberAt(bytes, kMagic.size() + 8 * index, 8);
  };
  return Slot{
      number(0),
      {number(1), {number(2), Lsn{number(3)}, Lsn{number(4)}, Lsn{number(5)}}, number(6) != 0}};
}

}  // namespace

void State::Raise(const State& other) {
  catalog_generation = std::max(catalog_generation, other.catalog_generation);
  log.Raise(other.log);
  has_tokens = has_tokens || other.has_tokens;
}

Result<FoundState> ReadState(fs::FileSystem& file_system, const std::string& path) {
  const auto opened = file_system.Open(path);
  if (!opened.ok() && opened.error().code == ErrorCode::kNotFound) return FoundState{};
  if (!opened.ok()) return opened.error();
  std::string bytes(kFileBytes, '\0');
  bytes.resize(TRY(opened.value()->ReadAt(0, bytes)));
  FoundState found;
  for (const auto offset : {std::uint64_t{0}, kSlotOffset}) {
    if (bytes.size() < offset) continue;
    const auto slot = DecodeSlot(std::string_view(bytes).substr(offset).substr(0, kSlotBytes));
    if (!slot) continue;
    // Neither slot claims too much, so the greatest of each number is known to be true.
    if (!found.state) found.state.emplace();
    found.state->Raise(slot->state);
    if (slot->sequence < found.sequence) continue;
    found.sequence = slot->sequence;
    found.slot = offset == 0 ? 0 : 1;
  }
  found.is_damaged = !found.state;
  return found;
}

Result<std::unique_ptr<StateFile>> StateFile::Open(fs::FileSystem& file_system, std::string path,
                                                   const FoundState& found, const State& state) {
  std::unique_ptr<StateFile> file(new StateFile(file_system, std::move(path)));
  MutexLock lock(file->mutex_);
  file->state_ = state;
  if (found.state) {
    TRY(file->OpenFoundLocked(found));
  } else {
    TRY(file->MakeAnewLocked());
  }
  return file;
}

// Writes over the older slot, so that the newer one stays until this write is durable.
Result<void> StateFile::OpenFoundLocked(const FoundState& found) {
  file_ = TRY(file_system_.OpenRandom(path_, fs::FileSystem::IfAbsent::kFail));
  sequence_ = found.sequence;
  durable_slot_ = found.slot;
  TRY(WriteLocked());
  TRY(file_->Sync());
  durable_slot_ = 1 - durable_slot_;
  return {};
}

// Makes a new file whose first slot is the durable one.
Result<void> StateFile::MakeAnewLocked() {
  std::string bytes = EncodeSlot(state_, ++sequence_);
  bytes.resize(kFileBytes, '\0');
  TRY(fs::WriteWholeFile(file_system_, path_, bytes));
  file_ = TRY(file_system_.OpenRandom(path_, fs::FileSystem::IfAbsent::kFail));
  durable_slot_ = 0;
  is_behind_ = false;
  return {};
}

Result<void> StateFile::WriteLocked() {
  if (file_ == nullptr) return MakeAnewLocked();
  const auto bytes = EncodeSlot(state_, ++sequence_);
  const std::string_view piece = bytes;
  TRY(file_->WriteAt(durable_slot_ == 0 ? kSlotOffset : 0, {&piece, 1}));
  is_behind_ = false;
  return {};
}

void StateFile::Note(const State& more) {
  MutexLock lock(mutex_);
  const auto before = state_;
  state_.Raise(more);
  if (state_ == before && !is_behind_) return;
  is_behind_ = true;
  if (is_syncing_) return;
  const auto written = WriteLocked();
  if (!written.ok() && !has_failed_) {
    LogWarning("arc.state cannot be written, it says less than it could: {}",
               LogText(written.error()));
  }
  has_failed_ = !written.ok();
}

Result<void> StateFile::Record(const State& more) {
  MutexLock one_at_a_time(record_mutex_);
  fs::RandomFile* file = nullptr;
  {
    MutexLock lock(mutex_);
    state_.Raise(more);
    is_behind_ = true;
    const bool is_made_anew = file_ == nullptr;
    TRY(WriteLocked());
    if (is_made_anew) return {};
    file = file_.get();
    is_syncing_ = true;
  }
  auto synced = file->Sync();
  MutexLock lock(mutex_);
  is_syncing_ = false;
  if (!synced.ok()) {
    file_.reset();
    return synced;
  }
  durable_slot_ = 1 - durable_slot_;
  return is_behind_ ? WriteLocked() : Result<void>();
}

State StateFile::state() const {
  MutexLock lock(mutex_);
  return state_;
}

}  // namespace arc::inventory
