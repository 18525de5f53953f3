#include "data/buffer/live_measurement.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "foundation/base/check.h"

namespace arc::buffer {

LiveMeasurement::LiveMeasurement(MeasurementId id, TableName name,
                                 std::shared_ptr<const TableSchema> schema, Lsn flushed_lsn,
                                 BufferTotals* totals)
    : id_(id),
      name_(std::move(name)),
      totals_(totals),
      registered_schema_(Shared(std::move(schema))),
      visible_schema_(registered_schema_),
      trimmed_lsn_(flushed_lsn) {}

std::shared_ptr<const TableSchema> LiveMeasurement::Shared(
    std::shared_ptr<const TableSchema> schema) const {
  return totals_ == nullptr || schema == nullptr ? schema
                                                 : totals_->schemas().Share(std::move(schema));
}

std::shared_ptr<const TableSchema> LiveMeasurement::registered_schema() const {
  MutexLock lock(mutex_);
  return registered_schema_;
}

bool LiveMeasurement::ReplaceRegisteredSchema(const std::shared_ptr<const TableSchema>& expected,
                                              std::shared_ptr<const TableSchema> joined) {
  MutexLock lock(mutex_);
  if (registered_schema_ != expected) return false;
  registered_schema_ = Shared(std::move(joined));
  return true;
}

void LiveMeasurement::Publish(Lsn lsn, std::shared_ptr<const ColumnBatch> batch,
                              Clock::SteadyTime now) {
  const auto row_count = batch->row_count();
  PublishRun(std::move(batch), {{lsn, row_count}}, now);
}

void LiveMeasurement::PublishRun(std::shared_ptr<const ColumnBatch> batch, RequestEnds ends,
                                 Clock::SteadyTime now) {
  CHECK(batch->row_count() > 0 && !ends.empty() && ends.back().second == batch->row_count(),
        "an empty batch is published, or one that is not its requests' rows");
  auto run = MakeRun(std::move(batch), std::move(ends), now);
  MutexLock lock(mutex_);
  if (is_dropped() || run.last_lsn() <= trimmed_lsn_) return;
  AddLocked(std::move(run));
  FoldTinyRunsLocked();
}

void LiveMeasurement::AddLocked(RowRun run) {
  CHECK(runs_.empty() || run.ends.front().first > runs_.back().last_lsn(),
        "batches are published out of order");
  if (!Covers(*visible_schema_, *run.batch)) {
    visible_schema_ = Shared(JoinSchemas(visible_schema_, SchemaOf(*run.batch)));
  }
  CHECK(visible_schema_ != nullptr, "a batch with a type that its measurement refuses");
  const bool was_empty = runs_.empty();
  runs_.push_back(std::move(run));  // may throw: counted afterwards
  const auto& added = runs_.back();
  row_count_ += added.batch->row_count() - RowEnd(added.ends, trimmed_lsn_);
  CountBytesLocked(added.byte_count, 0);
  if (first_lsn_ == kLsnZero) first_lsn_ = added.ends.front().first;
  if (was_empty && totals_ != nullptr) totals_->SetOldest(id_, OldestLocked());
}

void LiveMeasurement::FoldTinyRunsLocked() {
  while (const auto count = CountToFold(runs_)) {
    const auto tiny = std::span(runs_).last(count);
    auto folded = Fold(tiny);
    std::size_t bytes_before = 0;
    for (const auto& run : tiny) bytes_before += run.byte_count;
    CountBytesLocked(folded.byte_count, bytes_before);
    if (totals_ != nullptr) totals_->LetGo(tiny);
    runs_.resize(runs_.size() - count);
    runs_.push_back(std::move(folded));
  }
}

void LiveMeasurement::CountBytesLocked(std::size_t added, std::size_t removed) {
  byte_count_ = byte_count_ + added - removed;
  if (totals_ == nullptr) return;
  totals_->AddBytes(added);
  totals_->SubtractBytes(removed);
}

// A run of which some rows are trimmed stays as long as others are not: the last one is not.
std::optional<Lsn> LiveMeasurement::OldestLocked() const {
  if (runs_.empty()) return std::nullopt;
  const auto& ends = runs_.front().ends;
  return std::find_if(ends.begin(), ends.end(),
                      [&](const auto& end) REQUIRES(mutex_) { return end.first > trimmed_lsn_; })
      ->first;
}

std::vector<BatchSlice> LiveMeasurement::SlicesLocked(Lsn after, Lsn upto) const {
  std::vector<BatchSlice> slices;
  for (const auto& run : runs_) {
    const auto begin = RowEnd(run.ends, after);
    const auto end = RowEnd(run.ends, upto);
    if (begin < end) slices.push_back({run.batch, begin, end});
  }
  return slices;
}

std::optional<LiveMeasurement::View> LiveMeasurement::Read(Lsn after, Lsn upto) const {
  MutexLock lock(mutex_);
  if (after < trimmed_lsn_) return std::nullopt;
  return View{visible_schema_, SlicesLocked(after, upto)};
}

Lsn LiveMeasurement::first_lsn() const {
  MutexLock lock(mutex_);
  return first_lsn_;
}

std::optional<LiveMeasurement::Prefix> LiveMeasurement::PeekPrefix(Lsn upto) const {
  MutexLock lock(mutex_);
  Prefix prefix;
  prefix.flushed_from = trimmed_lsn_;
  prefix.schema = visible_schema_;
  prefix.slices = SlicesLocked(trimmed_lsn_, upto);
  if (prefix.slices.empty()) return std::nullopt;
  for (const auto& slice : prefix.slices) prefix.row_count += slice.row_end - slice.row_begin;
  for (const auto& run : runs_) {
    for (const auto& [lsn, end] : run.ends) {
      if (lsn <= upto) prefix.flushed_to = lsn;
    }
  }
  return prefix;
}

std::optional<Lsn> LiveMeasurement::oldest_lsn() const {
  MutexLock lock(mutex_);
  return OldestLocked();
}

std::vector<LiveMeasurement::Run> LiveMeasurement::PeekRuns(Lsn upto) const {
  std::vector<Run> runs;
  MutexLock lock(mutex_);
  for (const auto& run : runs_) {
    const auto begin = RowEnd(run.ends, trimmed_lsn_);
    const auto end = RowEnd(run.ends, upto);
    if (begin >= end) continue;
    RequestEnds ends;
    for (const auto& [lsn, row_end] : run.ends) {
      if (row_end > begin && row_end <= end) ends.emplace_back(lsn, row_end - begin);
    }
    runs.push_back({{run.batch, begin, end}, std::move(ends)});
  }
  return runs;
}

void LiveMeasurement::TrimFlushed(Lsn flushed_to) {
  std::vector<RowRun> freed;  // destroyed outside the lock
  MutexLock lock(mutex_);
  TrimLocked(flushed_to, freed);
}

void LiveMeasurement::MarkDropped() {
  std::vector<RowRun> freed;  // destroyed outside the lock
  MutexLock lock(mutex_);
  is_dropped_.store(true, std::memory_order_release);
  TrimLocked(Lsn{std::numeric_limits<std::uint64_t>::max()}, freed);
}

void LiveMeasurement::TrimLocked(Lsn flushed_to, std::vector<RowRun>& freed) {
  if (flushed_to <= trimmed_lsn_) return;
  for (const auto& run : runs_) {
    row_count_ -= RowEnd(run.ends, flushed_to) - RowEnd(run.ends, trimmed_lsn_);
  }
  trimmed_lsn_ = flushed_to;
  if (runs_.empty()) return;
  // A run that holds later rows too stays as it is: LSNs tell which of its rows still count.
  const auto kept = std::find_if(runs_.begin(), runs_.end(),
                                 [&](const RowRun& run) { return run.last_lsn() > flushed_to; });
  const std::span flushed(runs_.begin(), kept);
  std::size_t bytes = 0;
  for (const auto& run : flushed) bytes += run.byte_count;
  CountBytesLocked(0, bytes);
  if (totals_ != nullptr) totals_->LetGo(flushed);
  freed.assign(std::move_iterator(runs_.begin()), std::move_iterator(kept));
  runs_.erase(runs_.begin(), kept);
  if (runs_.empty()) runs_.shrink_to_fit();  // most measurements are idle most of the time
  if (totals_ != nullptr) totals_->SetOldest(id_, OldestLocked());
}

LiveMeasurement::Usage LiveMeasurement::usage() const {
  MutexLock lock(mutex_);
  Usage usage;
  usage.row_count = row_count_;
  usage.byte_count = byte_count_;
  if (!runs_.empty()) usage.oldest = runs_.front().published;
  return usage;
}

}  // namespace arc::buffer
