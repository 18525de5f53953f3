#include "query/execution/running_queries.h"

#include <fmt/format.h>

#include <utility>

namespace arc::execution {

RunningQueries::Entry::Entry(RunningQueries& queries, Run run) : queries_(queries) {
  MutexLock lock(queries_.mutex_);
  record_ = queries_.records_.insert(queries_.records_.end(), Record{std::move(run)});
  if (queries_.is_closed_) record_->run.cancel();
  // Rows that it pins may have been flushed before it was added here.
  queries_.LimitMemoryLocked();
}

RunningQueries::Entry::~Entry() {
  MutexLock lock(queries_.mutex_);
  queries_.records_.erase(record_);
}

std::optional<Error> RunningQueries::Entry::out_of_memory() const {
  MutexLock lock(queries_.mutex_);
  return record_->out_of_memory;
}

void RunningQueries::CancelAll() {
  MutexLock lock(mutex_);
  is_closed_ = true;
  for (const auto& record : records_) record.run.cancel();
}

void RunningQueries::LimitMemory() {
  MutexLock lock(mutex_);
  LimitMemoryLocked();
}

// From the newest query on, queries may keep their rows until the limit is reached; the older ones
// are cancelled. Queries that were cancelled before do not count: they will give their rows up.
void RunningQueries::LimitMemoryLocked() {
  if (tables_.reader_held_bytes() <= held_bytes_max_) return;
  buffer::BatchSet kept;
  bool is_full = false;
  for (auto record = records_.rbegin(); record != records_.rend(); ++record) {
    if (record->out_of_memory) continue;
    const auto batches = record->run.batches();
    kept.insert(batches.begin(), batches.end());
    is_full = is_full || tables_.reader_held_bytes(kept) > held_bytes_max_;
    if (!is_full) continue;
    const auto own_bytes = tables_.reader_held_bytes(batches);
    if (own_bytes == 0) continue;
    record->out_of_memory = OutOfMemory(own_bytes);
    record->run.cancel();
  }
}

Error RunningQueries::OutOfMemory(std::size_t own_bytes) const {
  return {
      ErrorCode::kOverloaded,
      fmt::format("the query was cancelled: {} bytes of its rows were flushed since it began and "
                  "stayed in memory for it; over query.reader_memory_budget ({} bytes) the oldest "
                  "queries give way: run it again, or ask for less at once",
                  own_bytes, held_bytes_max_)};
}

}  // namespace arc::execution
