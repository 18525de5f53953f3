#include "data/flush/flush_queue.h"

#include <algorithm>
#include <utility>

#include "foundation/base/check.h"
#include "foundation/base/exception_error.h"

namespace arc::flush {

FlushQueue::FlushQueue(Policy policy, buffer::LiveMeasurements& live_measurements,
                       const Clock& clock)
    : policy_(policy), live_measurements_(live_measurements), clock_(clock) {}

void FlushQueue::OnPublished(const std::shared_ptr<buffer::LiveMeasurement>& live) noexcept {
  MutexLock lock(mutex_);
  OrLookAgainLocked([&]() REQUIRES(mutex_) {
    auto& entry = FindOrAddLocked(live);
    // One in flight is scheduled again when its flush ends; one that failed keeps its delay.
    if (entry.state == State::kWaiting && entry.failure_count == 0) ScheduleLocked(entry);
  });
}

// Runs `change`; when memory runs out within it, some measurement may have no deadline: the thread
// of the deadlines then looks at all of them.
template <class Change>
void FlushQueue::OrLookAgainLocked(const Change& change) noexcept {
  try {
    change();
  } catch (...) {
    LogExceptionOf("flush", "looks for what is due again");
    look_again_at_ = clock_.NowSteady() + kLookAgainPause;
    schedule_.NotifyAll();
  }
}

std::shared_ptr<buffer::LiveMeasurement> FlushQueue::TakeDue() {
  MutexLock lock(mutex_);
  while (ready_.empty() && !is_closed_) work_.Wait(lock);
  if (is_closed_) return nullptr;
  auto& entry = entries_.at(ready_.front());
  ready_.pop_front();
  CHECK(entry.state == State::kQueued, "BUG: a measurement is given out that is not queued");
  entry.state = State::kInFlight;
  return entry.live;
}

void FlushQueue::Finished(const buffer::LiveMeasurement& live, Lsn flushed_to,
                          const Result<void>& outcome) noexcept {
  MutexLock lock(mutex_);
  const auto found = entries_.find(live.id());
  CHECK(found != entries_.end() && found->second.state == State::kInFlight,
        "a flush ended that was not in flight");
  auto& entry = found->second;
  entry.state = State::kWaiting;
  CHECK(due_bytes_ >= entry.due_bytes, "BUG: more bytes are flushed than were due");
  due_bytes_ -= std::exchange(entry.due_bytes, 0);
  SettleDemandsLocked(entry, flushed_to, outcome);
  OrLookAgainLocked([&]() REQUIRES(mutex_) { ScheduleFinishedLocked(entry, outcome); });
}

void FlushQueue::ScheduleFinishedLocked(Entry& entry, const Result<void>& outcome) {
  if (!outcome.ok()) {
    if (entry.failure_count++ == 0) failing_count_++;
    SetDeadlineLocked(entry, clock_.NowSteady() + RetryDelay(entry.failure_count));
    return;
  }
  CHECK(failing_count_ > 0 || entry.failure_count == 0, "BUG: failing flushes are counted wrong");
  if (std::exchange(entry.failure_count, 0) > 0) failing_count_--;
  if (!entry.demands.empty()) {
    MakeDueLocked(entry);
  } else {
    ScheduleLocked(entry);
  }
}

Result<void> FlushQueue::FlushAll(std::chrono::milliseconds deadline) {
  const auto until = clock_.NowSteady() + deadline;
  const auto demand = std::make_shared<Demand>(Demand{live_measurements_.visible_lsn(), 0, {}});
  const auto all = live_measurements_.List("");
  MutexLock lock(mutex_);
  for (const auto& live : all) {
    if (live->usage().row_count == 0) continue;
    auto& entry = FindOrAddLocked(live);
    entry.demands.push_back(demand);
    demand->measurement_count++;
    if (entry.state == State::kWaiting) MakeDueLocked(entry);
  }
  while (demand->measurement_count > 0) {
    if (is_closed_) return Error{ErrorCode::kCancelled, "the server is stopping"};
    if (clock_.NowSteady() >= until) {
      return Error{ErrorCode::kDeadlinePassed,
                   std::to_string(demand->measurement_count) +
                       " measurements were not flushed in time; their rows are still in memory"};
    }
    clock_.WaitUntil(settled_, lock, until);
  }
  if (demand->first_error) return *demand->first_error;
  return {};
}

void FlushQueue::RelieveMemory(std::size_t bytes) {
  struct Candidate {
    std::size_t large_bytes;  // zero when it is small
    Clock::SteadyTime oldest;
    Entry* entry;
  };
  MutexLock lock(mutex_);
  const auto now = clock_.NowSteady();
  if (due_bytes_ >= bytes || now < no_relief_before_) return;
  std::vector<Candidate> candidates;
  for (auto& [id, entry] : entries_) {
    if (entry.state != State::kWaiting || entry.failure_count > 0) continue;
    const auto usage = entry.live->usage();
    if (!usage.oldest) continue;
    const bool is_large = usage.byte_count >= bytes / kLargeDivisor;
    candidates.push_back({is_large ? usage.byte_count : 0, *usage.oldest, &entry});
  }
  const auto is_later = [](const Candidate& a, const Candidate& b) {
    if (a.large_bytes != b.large_bytes) return a.large_bytes < b.large_bytes;
    return a.oldest > b.oldest;
  };
  // A heap, because few of many are usually enough.
  std::make_heap(candidates.begin(), candidates.end(), is_later);
  while (due_bytes_ < bytes && !candidates.empty()) {
    MakeDueLocked(*candidates.front().entry);
    std::pop_heap(candidates.begin(), candidates.end(), is_later);
    candidates.pop_back();
  }
  if (due_bytes_ < bytes) no_relief_before_ = now + kReliefPause;
}

std::size_t FlushQueue::FlushOlderThan(Lsn last_lsn, std::size_t rows_min) {
  std::size_t due_count = 0;
  MutexLock lock(mutex_);
  for (auto& [id, entry] : entries_) {
    const auto oldest = entry.live->oldest_lsn();
    if (!oldest || *oldest > last_lsn || entry.failure_count > 0) continue;
    if (entry.state == State::kWaiting) {
      if (entry.live->usage().row_count < rows_min) continue;
      MakeDueLocked(entry);
    }
    due_count++;
  }
  return due_count;
}

void FlushQueue::Forget(MeasurementId id) {
  MutexLock lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end() || found->second.state != State::kWaiting) return;
  if (found->second.failure_count > 0) failing_count_--;
  deadlines_.Remove(id);
  entries_.erase(found);
}

void FlushQueue::ScheduleUntilClosed() {
  MutexLock lock(mutex_);
  while (!is_closed_) {
    const auto now = clock_.NowSteady();
    OrLookAgainLocked([&]() REQUIRES(mutex_) {
      if (look_again_at_ && now >= *look_again_at_) ScheduleLostLocked();
      PassDeadlinesLocked(now);
    });
    // When memory has run out, deadlines that have passed are still there: not before the pause.
    const auto earliest = look_again_at_ ? look_again_at_ : deadlines_.earliest();
    wakes_at_ = earliest.value_or(Clock::SteadyTime::max());
    clock_.WaitUntil(schedule_, lock, wakes_at_);
  }
}

// O(measurements).
void FlushQueue::ScheduleLostLocked() {
  for (const auto& live : live_measurements_.List("")) {
    if (live->usage().row_count == 0) continue;
    auto& entry = FindOrAddLocked(live);
    if (entry.state != State::kWaiting) continue;
    if (entry.failure_count > 0) {
      SetDeadlineLocked(entry, clock_.NowSteady() + RetryDelay(entry.failure_count));
    } else {
      ScheduleLocked(entry);
    }
  }
  look_again_at_.reset();
}

void FlushQueue::Close() {
  MutexLock lock(mutex_);
  is_closed_ = true;
  work_.NotifyAll();
  schedule_.NotifyAll();
  settled_.NotifyAll();
}

std::size_t FlushQueue::queued_count() const {
  MutexLock lock(mutex_);
  return ready_.size();
}
std::size_t FlushQueue::failing_count() const {
  MutexLock lock(mutex_);
  return failing_count_;
}

FlushQueue::Entry& FlushQueue::FindOrAddLocked(
    const std::shared_ptr<buffer::LiveMeasurement>& live) {
  auto& entry = entries_[live->id()];
  if (entry.live == nullptr) entry.live = live;
  return entry;
}

// What the policy says about a waiting entry, which is gone when nothing is buffered.
void FlushQueue::ScheduleLocked(Entry& entry) {
  const auto usage = entry.live->usage();
  if (!usage.oldest) {
    const auto id = entry.live->id();
    deadlines_.Remove(id);
    entries_.erase(id);
  } else if (usage.row_count >= policy_.rows_max ||
             usage.byte_count >= policy_.measurement_bytes_max) {
    MakeDueLocked(entry);
  } else {
    SetDeadlineLocked(entry, DeadlineOf(usage));
  }
}

// Requires: something is buffered.
Clock::SteadyTime FlushQueue::DeadlineOf(const buffer::LiveMeasurement::Usage& usage) const {
  const bool is_small = usage.row_count < policy_.file_rows_min;
  return *usage.oldest +
         (is_small ? std::max(policy_.age_max, policy_.small_age_max) : policy_.age_max);
}

void FlushQueue::MakeDueLocked(Entry& entry) {
  CHECK(entry.state == State::kWaiting, "BUG: a measurement is made due twice");
  const auto id = entry.live->id();
  ready_.push_back(id);  // may throw: the rest is done afterwards
  deadlines_.Remove(id);
  entry.due.reset();
  entry.state = State::kQueued;
  entry.due_bytes = entry.live->usage().byte_count;
  due_bytes_ += entry.due_bytes;
  work_.NotifyOne();
}

void FlushQueue::PassDeadlinesLocked(Clock::SteadyTime now) {
  while (const auto due = deadlines_.PopDue(now)) {
    auto& entry = entries_.at(*due);
    entry.due.reset();
    MakeDueLocked(entry);
  }
}

void FlushQueue::SetDeadlineLocked(Entry& entry, Clock::SteadyTime due) {
  // Most writes add rows to a measurement whose deadline is set.
  if (entry.due == due) return;
  deadlines_.Set(entry.live->id(), due);
  entry.due = due;
  if (due < wakes_at_) {
    wakes_at_ = due;
    schedule_.NotifyAll();
  }
}

void FlushQueue::SettleDemandsLocked(Entry& entry, Lsn flushed_to, const Result<void>& outcome) {
  const auto settled = std::stable_partition(
      entry.demands.begin(), entry.demands.end(),
      [&](const auto& demand) { return outcome.ok() && demand->target > flushed_to; });
  for (auto demand = settled; demand != entry.demands.end(); demand++) {
    CHECK((*demand)->measurement_count > 0, "BUG: a demand is settled twice");
    (*demand)->measurement_count--;
    if (!outcome.ok() && !(*demand)->first_error) {
      (*demand)->first_error = CopyOf(outcome.error());
    }
  }
  if (settled != entry.demands.end()) settled_.NotifyAll();
  entry.demands.erase(settled, entry.demands.end());
}

std::chrono::nanoseconds FlushQueue::RetryDelay(unsigned failure_count) const {
  constexpr unsigned kDoublingsMax = 6;
  const auto doublings = std::min(failure_count - 1, kDoublingsMax);
  return std::min(kFirstRetry * (1 << doublings), kLastRetry);
}

}  // namespace arc::flush
