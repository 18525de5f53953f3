#include "data/buffer/buffer_totals.h"

namespace arc::buffer {

void BufferTotals::SetOldest(MeasurementId id, std::optional<Lsn> oldest) {
  MutexLock lock(mutex_);
  if (oldest) {
    oldest_.Set(id, *oldest);
  } else {
    oldest_.Remove(id);
  }
}

std::optional<Lsn> BufferTotals::oldest_lsn() const {
  MutexLock lock(mutex_);
  const auto top = oldest_.top();
  return top ? std::optional(top->key) : std::nullopt;
}

void BufferTotals::Release(std::span<const BufferedBatch> batches) {
  for (const auto& batch : batches) {
    if (batch.batch.use_count() == 1) continue;
    MutexLock lock(mutex_);
    // A look at all of them only when their number has doubled: constant work for each.
    if (held_.size() >= 2 * held_count_at_cleanup_ + 16) ForgetReleasedLocked();
    held_.push_back({batch.batch, batch.byte_count});
  }
}

std::size_t BufferTotals::reader_held_bytes() const {
  MutexLock lock(mutex_);
  ForgetReleasedLocked();
  std::size_t byte_count = 0;
  for (const auto& held : held_) byte_count += held.byte_count;
  return byte_count;
}

std::size_t BufferTotals::reader_held_bytes(const BatchSet& batches) const {
  MutexLock lock(mutex_);
  ForgetReleasedLocked();
  std::size_t byte_count = 0;
  for (const auto& held : held_) byte_count += batches.contains(held.batch) ? held.byte_count : 0;
  return byte_count;
}

void BufferTotals::ForgetReleasedLocked() const {
  std::erase_if(held_, [](const Held& held) { return held.batch.expired(); });
  held_count_at_cleanup_ = held_.size();
}

}  // namespace arc::buffer
