#include "buffer/live_measurement.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace arc::buffer {
namespace {

// A query and a flush pay per batch, folding pays per row: batches this large are left alone.
constexpr std::size_t kTinyRowsMax = 512;
// So many neighbours of one size class are folded at once: each row is copied at most
// log8(512) = 3 times on its way into a chunk of thousands.
constexpr std::size_t kFoldCount = 8;

// 0 for up to 7 rows, 1 for up to 63, 2 for up to 511, ...
std::size_t SizeClass(std::size_t row_count) {
  return (static_cast<std::size_t>(std::bit_width(row_count | 1)) - 1) / 3;
}

// True when every column that both have is of one type. Only such batches are folded: a reader
// that sees up to the first one has a schema that must hold for what it is folded into.
bool HaveSameTypes(const ColumnBatch& a, const ColumnBatch& b) {
  for (const auto& column : a.columns) {
    for (const auto& other : b.columns) {
      if (column.name == other.name && column.type() != other.type()) return false;
    }
  }
  return true;
}

// Where the rows of LSNs up to `lsn` end.
std::size_t RowEnd(const std::vector<std::pair<Lsn, std::size_t>>& ends, Lsn lsn) {
  const auto after = std::upper_bound(ends.begin(), ends.end(), lsn,
                                      [](Lsn a, const auto& end) { return a < end.first; });
  return after == ends.begin() ? 0 : std::prev(after)->second;
}

}  // namespace

LiveMeasurement::LiveMeasurement(MeasurementId id, TableName name,
                                 std::shared_ptr<const TableSchema> schema, Lsn flushed_lsn,
                                 std::atomic<std::size_t>* memory)
    : id_(id),
      name_(std::move(name)),
      memory_(memory),
      registered_schema_(schema),
      visible_schema_(std::move(schema)),
      trimmed_lsn_(flushed_lsn) {}

std::shared_ptr<const TableSchema> LiveMeasurement::registered_schema() const {
  MutexLock lock(mutex_);
  return registered_schema_;
}

bool LiveMeasurement::ReplaceRegisteredSchema(const std::shared_ptr<const TableSchema>& expected,
                                              std::shared_ptr<const TableSchema> joined) {
  MutexLock lock(mutex_);
  if (registered_schema_ != expected) return false;
  registered_schema_ = std::move(joined);
  return true;
}

void LiveMeasurement::Publish(Lsn lsn, std::shared_ptr<const ColumnBatch> batch,
                              Clock::SteadyTime now) {
  CHECK(batch->row_count() > 0, "an empty batch is published");
  Chunk chunk;
  chunk.ends = {{lsn, batch->row_count()}};
  chunk.byte_count = MemoryBytes(*batch);
  chunk.published = now;
  MutexLock lock(mutex_);
  CHECK(lsn > trimmed_lsn_ && (chunks_.empty() || lsn > chunks_.back().ends.back().first),
        "batches are published out of order");
  if (!Covers(*visible_schema_, *batch)) {
    visible_schema_ = JoinSchemas(visible_schema_, SchemaOf(*batch));
  }
  CHECK(visible_schema_ != nullptr, "a batch with a type that its measurement refuses");
  row_count_ += batch->row_count();
  byte_count_ += chunk.byte_count;
  if (memory_ != nullptr) *memory_ += chunk.byte_count;
  if (first_lsn_ == kLsnZero) first_lsn_ = lsn;
  chunk.batch = std::move(batch);
  chunks_.push_back(std::move(chunk));
  FoldTinyChunksLocked();
}

LiveMeasurement::Chunk LiveMeasurement::Fold(const Chunk* first, const Chunk* last) {
  Chunk folded;
  folded.published = first->published;
  std::vector<const ColumnBatch*> batches;
  std::size_t row_count = 0;
  for (const auto* chunk = first; chunk != last; chunk++) {
    batches.push_back(chunk->batch.get());
    for (const auto& [lsn, end] : chunk->ends) folded.ends.emplace_back(lsn, row_count + end);
    row_count += chunk->batch->row_count();
  }
  folded.batch = std::make_shared<const ColumnBatch>(Concatenate(batches));
  folded.byte_count = MemoryBytes(*folded.batch);
  return folded;
}

// Whether `older` has the types of each of the `count` chunks after it.
bool LiveMeasurement::CanJoin(const Chunk& older, const Chunk* newer, std::size_t count) {
  return std::all_of(newer, newer + count,
                     [&](const Chunk& chunk) { return HaveSameTypes(*older.batch, *chunk.batch); });
}

void LiveMeasurement::FoldTinyChunksLocked() {
  for (;;) {
    const auto newest_class = SizeClass(chunks_.back().batch->row_count());
    std::size_t count = 0;
    while (count < chunks_.size()) {
      const auto& older = chunks_[chunks_.size() - 1 - count];
      const auto rows = older.batch->row_count();
      if (rows >= kTinyRowsMax || SizeClass(rows) > newest_class) break;
      if (!CanJoin(older, chunks_.data() + (chunks_.size() - count), count)) break;
      count++;
    }
    if (count < kFoldCount) return;
    const auto first = chunks_.size() - count;
    std::size_t bytes_before = 0;
    for (auto i = first; i < chunks_.size(); i++) bytes_before += chunks_[i].byte_count;
    auto folded = Fold(&chunks_[first], chunks_.data() + chunks_.size());
    byte_count_ = byte_count_ - bytes_before + folded.byte_count;
    if (memory_ != nullptr) *memory_ += folded.byte_count - bytes_before;  // modulo arithmetic
    chunks_.resize(first);
    chunks_.push_back(std::move(folded));
  }
}

std::vector<BatchSlice> LiveMeasurement::SlicesLocked(Lsn after, Lsn upto) const {
  std::vector<BatchSlice> slices;
  for (const auto& chunk : chunks_) {
    const auto begin = RowEnd(chunk.ends, after);
    const auto end = RowEnd(chunk.ends, upto);
    if (begin < end) slices.push_back({chunk.batch, begin, end});
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
  for (const auto& chunk : chunks_) {
    for (const auto& [lsn, end] : chunk.ends) {
      if (lsn <= upto) prefix.flushed_to = lsn;
    }
  }
  return prefix;
}

void LiveMeasurement::TrimFlushed(Lsn flushed_to) {
  std::vector<Chunk> freed;  // destroyed outside the lock
  MutexLock lock(mutex_);
  if (flushed_to <= trimmed_lsn_) return;
  for (const auto& chunk : chunks_) {
    row_count_ -= RowEnd(chunk.ends, flushed_to) - RowEnd(chunk.ends, trimmed_lsn_);
  }
  trimmed_lsn_ = flushed_to;
  // A chunk that holds later rows too stays as it is: LSNs tell which of its rows still count.
  const auto kept = std::find_if(chunks_.begin(), chunks_.end(), [&](const Chunk& chunk) {
    return chunk.ends.back().first > flushed_to;
  });
  std::move(chunks_.begin(), kept, std::back_inserter(freed));
  chunks_.erase(chunks_.begin(), kept);
  for (const auto& chunk : freed) {
    byte_count_ -= chunk.byte_count;
    if (memory_ != nullptr) *memory_ -= chunk.byte_count;
  }
}

LiveMeasurement::Usage LiveMeasurement::usage() const {
  MutexLock lock(mutex_);
  Usage usage;
  usage.row_count = row_count_;
  usage.byte_count = byte_count_;
  if (!chunks_.empty()) usage.oldest = chunks_.front().published;
  return usage;
}

}  // namespace arc::buffer
