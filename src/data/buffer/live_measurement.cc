#include "data/buffer/live_measurement.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "foundation/base/check.h"

namespace arc::buffer {

LiveMeasurement::LiveMeasurement(MeasurementId id, MeasurementName name,
                                 std::shared_ptr<const RowSchema> schema, Lsn flushed_lsn,
                                 BufferTotals* totals)
    : id_(id),
      name_(std::move(name)),
      totals_(totals),
      registered_schema_(Shared(std::move(schema))),
      visible_schema_(registered_schema_),
      trimmed_lsn_(flushed_lsn) {}

std::shared_ptr<const RowSchema> LiveMeasurement::Shared(
    std::shared_ptr<const RowSchema> schema) const {
  return totals_ == nullptr || schema == nullptr ? schema
                                                 : totals_->schemas().Share(std::move(schema));
}

std::shared_ptr<const RowSchema> LiveMeasurement::registered_schema() const {
  MutexLock lock(mutex_);
  return registered_schema_;
}

bool LiveMeasurement::ReplaceRegisteredSchema(const std::shared_ptr<const RowSchema>& expected,
                                              std::shared_ptr<const RowSchema> joined) {
  MutexLock lock(mutex_);
  if (registered_schema_ != expected) return false;
  registered_schema_ = Shared(std::move(joined));
  return true;
}

void LiveMeasurement::Publish(Lsn lsn, std::shared_ptr<const ColumnBatch> batch,
                              Clock::SteadyTime now) {
  const auto row_count = batch->row_count();
  PublishRequests(std::move(batch), {{lsn, row_count}}, now);
}

void LiveMeasurement::PublishRequests(std::shared_ptr<const ColumnBatch> batch, RequestEnds ends,
                                      Clock::SteadyTime now) {
  CHECK(batch->row_count() > 0 && !ends.empty() && ends.back().row_end == batch->row_count(),
        "an empty batch is published, or one that is not its requests' rows");
  auto buffered = MakeBufferedBatch(std::move(batch), std::move(ends), now);
  MutexLock lock(mutex_);
  if (is_dropped() || buffered.last_lsn() <= trimmed_lsn_) return;
  AddLocked(std::move(buffered));
  FoldTinyBatchesLocked();
}

void LiveMeasurement::AddLocked(BufferedBatch buffered) {
  CHECK(batches_.empty() || buffered.ends.front().lsn > batches_.back().last_lsn(),
        "batches are published out of order");
  if (!Covers(*visible_schema_, *buffered.batch)) {
    visible_schema_ = Shared(JoinSchemas(visible_schema_, SchemaOf(*buffered.batch)));
  }
  CHECK(visible_schema_ != nullptr, "a batch with a type that its measurement refuses");
  const bool was_empty = batches_.empty();
  batches_.push_back(std::move(buffered));  // may throw: counted afterwards
  const auto& added = batches_.back();
  row_count_ += added.batch->row_count() - RowEnd(added.ends, trimmed_lsn_);
  CountBytesLocked(added.byte_count, 0);
  if (first_lsn_ == kLsnZero) first_lsn_ = added.ends.front().lsn;
  if (was_empty && totals_ != nullptr) totals_->SetOldest(id_, OldestLocked());
}

// Memory may run out up to the call of Release; nothing is changed before it.
void LiveMeasurement::FoldTinyBatchesLocked() {
  while (const auto count = CountToFold(batches_)) {
    const auto tiny = std::span(batches_).last(count);
    auto folded = Fold(tiny);
    std::size_t bytes_before = 0;
    for (const auto& buffered : tiny) bytes_before += buffered.byte_count;
    if (totals_ != nullptr) totals_->Release(tiny);
    CountBytesLocked(folded.byte_count, bytes_before);
    batches_.resize(batches_.size() - count);
    batches_.push_back(std::move(folded));
  }
}

void LiveMeasurement::CountBytesLocked(std::size_t added, std::size_t removed) {
  CHECK(byte_count_ + added >= removed, "BUG: more bytes leave a buffer than are in it");
  byte_count_ = byte_count_ + added - removed;
  if (totals_ == nullptr) return;
  totals_->AddBytes(added);
  totals_->SubtractBytes(removed);
}

// A batch of which some rows are trimmed stays as long as others are not. One without any is there
// only after memory ran out within TrimLocked.
std::optional<Lsn> LiveMeasurement::OldestLocked() const {
  for (const auto& buffered : batches_) {
    for (const auto& [lsn, row_end] : buffered.ends) {
      if (lsn > trimmed_lsn_) return lsn;
    }
  }
  return std::nullopt;
}

std::vector<BatchSlice> LiveMeasurement::SlicesLocked(Lsn after, Lsn last_lsn) const {
  std::vector<BatchSlice> slices;
  for (const auto& buffered : batches_) {
    const auto begin = RowEnd(buffered.ends, after);
    const auto end = RowEnd(buffered.ends, last_lsn);
    if (begin < end) slices.push_back({buffered.batch, begin, end});
  }
  return slices;
}

std::optional<LiveMeasurement::View> LiveMeasurement::Read(Lsn after, Lsn last_lsn) const {
  MutexLock lock(mutex_);
  if (after < trimmed_lsn_) return std::nullopt;
  return View{visible_schema_, SlicesLocked(after, last_lsn)};
}

Lsn LiveMeasurement::first_lsn() const {
  MutexLock lock(mutex_);
  return first_lsn_;
}

std::optional<LiveMeasurement::Prefix> LiveMeasurement::PeekPrefix(Lsn last_lsn) const {
  MutexLock lock(mutex_);
  Prefix prefix;
  prefix.flushed_from = trimmed_lsn_;
  prefix.schema = visible_schema_;
  prefix.slices = SlicesLocked(trimmed_lsn_, last_lsn);
  if (prefix.slices.empty()) return std::nullopt;
  for (const auto& slice : prefix.slices) prefix.row_count += slice.row_count();
  for (const auto& buffered : batches_) {
    for (const auto& [lsn, end] : buffered.ends) {
      if (lsn <= last_lsn) prefix.flushed_to = lsn;
    }
  }
  return prefix;
}

std::optional<Lsn> LiveMeasurement::oldest_lsn() const {
  MutexLock lock(mutex_);
  return OldestLocked();
}

std::vector<RequestSlice> LiveMeasurement::PeekRequests(Lsn last_lsn) const {
  std::vector<RequestSlice> rows;
  MutexLock lock(mutex_);
  for (const auto& buffered : batches_) {
    const auto begin = RowEnd(buffered.ends, trimmed_lsn_);
    const auto end = RowEnd(buffered.ends, last_lsn);
    if (begin >= end) continue;
    RequestEnds ends;
    for (const auto& [lsn, row_end] : buffered.ends) {
      if (row_end > begin && row_end <= end) ends.push_back({lsn, row_end - begin});
    }
    rows.push_back({{buffered.batch, begin, end}, std::move(ends)});
  }
  return rows;
}

void LiveMeasurement::TrimFlushed(Lsn flushed_to) {
  std::vector<BufferedBatch> freed;  // destroyed outside the lock
  MutexLock lock(mutex_);
  TrimLocked(flushed_to, freed);
}

void LiveMeasurement::MarkDropped() {
  std::vector<BufferedBatch> freed;  // destroyed outside the lock
  MutexLock lock(mutex_);
  is_dropped_.store(true, std::memory_order_release);
  TrimLocked(Lsn{std::numeric_limits<std::uint64_t>::max()}, freed);
}

// The rows are gone with the first two assignments, which cannot fail: what is in files must not be
// flushed again. Should memory run out afterwards, the next call frees their batches.
void LiveMeasurement::TrimLocked(Lsn flushed_to, std::vector<BufferedBatch>& freed) {
  if (flushed_to <= trimmed_lsn_) return;
  std::size_t trimmed_count = 0;
  for (const auto& buffered : batches_) {
    trimmed_count += RowEnd(buffered.ends, flushed_to) - RowEnd(buffered.ends, trimmed_lsn_);
  }
  CHECK(trimmed_count <= row_count_, "BUG: more rows leave a buffer than are in it");
  row_count_ -= trimmed_count;
  trimmed_lsn_ = flushed_to;
  if (batches_.empty()) return;
  // A batch that holds later rows too stays as it is: LSNs tell which of its rows still count.
  const auto kept =
      std::find_if(batches_.begin(), batches_.end(),
                   [&](const BufferedBatch& buffered) { return buffered.last_lsn() > flushed_to; });
  const std::span flushed(batches_.begin(), kept);
  std::size_t bytes = 0;
  for (const auto& buffered : flushed) bytes += buffered.byte_count;
  if (totals_ != nullptr) totals_->Release(flushed);
  freed.reserve(flushed.size());
  freed.assign(std::move_iterator(batches_.begin()), std::move_iterator(kept));
  CountBytesLocked(0, bytes);
  batches_.erase(batches_.begin(), kept);
  CHECK(batches_.empty() == (row_count_ == 0), "BUG: a buffer has batches without rows");
  if (batches_.empty()) batches_.shrink_to_fit();  // most measurements are idle most of the time
  if (totals_ != nullptr) totals_->SetOldest(id_, OldestLocked());
}

LiveMeasurement::Usage LiveMeasurement::usage() const {
  MutexLock lock(mutex_);
  Usage usage;
  usage.row_count = row_count_;
  usage.byte_count = byte_count_;
  if (row_count_ > 0) usage.oldest = batches_.front().published;
  return usage;
}

}  // namespace arc::buffer
