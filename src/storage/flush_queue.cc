#include "storage/flush_queue.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace arc::storage {

FlushQueue::FlushQueue(Policy policy, buffer::LiveTables& live_tables, const Clock& clock)
    : policy_(policy), live_tables_(live_tables), clock_(clock) {}

void FlushQueue::OnPublished(const std::shared_ptr<buffer::LiveMeasurement>& live) {
  MutexLock lock(mutex_);
  auto& entry = FindOrAddLocked(live);
  // One in flight is scheduled again when it lands; one that failed keeps its delay.
  if (entry.state == State::kWaiting && entry.failure_count == 0) ScheduleLocked(entry);
}

std::shared_ptr<buffer::LiveMeasurement> FlushQueue::TakeDue() {
  MutexLock lock(mutex_);
  while (ready_.empty() && !is_closed_) work_.Wait(lock);
  if (is_closed_) return nullptr;
  auto& entry = entries_.at(ready_.front());
  ready_.pop_front();
  entry.state = State::kInFlight;
  return entry.live;
}

void FlushQueue::Finished(const buffer::LiveMeasurement& live, Lsn flushed_to,
                          const Result<void>& outcome) {
  MutexLock lock(mutex_);
  auto& entry = entries_.at(live.id());
  CHECK(entry.state == State::kInFlight, "a flush ended that was not in flight");
  entry.state = State::kWaiting;
  due_bytes_ -= std::exchange(entry.due_bytes, 0);
  SettleDemandsLocked(entry, flushed_to, outcome);
  if (!outcome.ok()) {
    if (entry.failure_count++ == 0) failing_count_++;
    SetDeadlineLocked(entry, clock_.NowSteady() + RetryDelay(entry.failure_count));
    return;
  }
  if (std::exchange(entry.failure_count, 0) > 0) failing_count_--;
  if (!entry.demands.empty()) {
    MakeDueLocked(entry);
  } else {
    ScheduleLocked(entry);
  }
}

Result<void> FlushQueue::FlushAll(std::chrono::milliseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  const auto demand = std::make_shared<Demand>(Demand{live_tables_.visible_lsn(), 0, {}});
  const auto all = live_tables_.List("");
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
    if (settled_.WaitUntil(lock, until) == std::cv_status::timeout &&
        demand->measurement_count > 0) {
      return Error{ErrorCode::kDeadlinePassed,
                   std::to_string(demand->measurement_count) +
                       " measurements were not flushed in time; their rows are still in memory"};
    }
  }
  if (demand->first_error) return *demand->first_error;
  return {};
}

void FlushQueue::RelieveMemory(std::size_t bytes) {
  MutexLock lock(mutex_);
  if (due_bytes_ >= bytes) return;
  std::vector<std::pair<std::size_t, Entry*>> by_size;
  for (auto& [id, entry] : entries_) {
    if (entry.state != State::kWaiting || entry.failure_count > 0) continue;
    by_size.emplace_back(entry.live->usage().byte_count, &entry);
  }
  std::sort(by_size.begin(), by_size.end(),
            [](const auto& a, const auto& b) { return a.first > b.first; });
  for (const auto& [byte_count, entry] : by_size) {
    if (due_bytes_ >= bytes) break;
    MakeDueLocked(*entry);
  }
}

void FlushQueue::ScheduleUntilClosed() {
  MutexLock lock(mutex_);
  while (!is_closed_) {
    const auto now = clock_.NowSteady();
    PassDeadlinesLocked(now);
    if (const auto earliest = deadlines_.earliest()) {
      schedule_.WaitUntil(lock, std::chrono::steady_clock::now() + (*earliest - now));
    } else {
      schedule_.Wait(lock);
    }
  }
}

void FlushQueue::ClockMoved() {
  MutexLock lock(mutex_);
  PassDeadlinesLocked(clock_.NowSteady());
  schedule_.NotifyAll();
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
std::size_t FlushQueue::entry_count() const {
  MutexLock lock(mutex_);
  return entries_.size();
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
    SetDeadlineLocked(entry, *usage.oldest + policy_.age_max);
  }
}

void FlushQueue::MakeDueLocked(Entry& entry) {
  const auto id = entry.live->id();
  deadlines_.Remove(id);
  entry.state = State::kQueued;
  entry.due_bytes = entry.live->usage().byte_count;
  due_bytes_ += entry.due_bytes;
  ready_.push_back(id);
  work_.NotifyOne();
}

void FlushQueue::PassDeadlinesLocked(Clock::SteadyTime now) {
  while (const auto due = deadlines_.PopDue(now)) MakeDueLocked(entries_.at(*due));
}

void FlushQueue::SetDeadlineLocked(const Entry& entry, Clock::SteadyTime due) {
  const auto before = deadlines_.earliest();
  deadlines_.Set(entry.live->id(), due);
  if (!before || due < *before) schedule_.NotifyAll();
}

void FlushQueue::SettleDemandsLocked(Entry& entry, Lsn flushed_to, const Result<void>& outcome) {
  const auto settled = std::stable_partition(
      entry.demands.begin(), entry.demands.end(),
      [&](const auto& demand) { return outcome.ok() && demand->target > flushed_to; });
  for (auto demand = settled; demand != entry.demands.end(); demand++) {
    (*demand)->measurement_count--;
    if (!outcome.ok() && !(*demand)->first_error) (*demand)->first_error = outcome.error();
  }
  if (settled != entry.demands.end()) settled_.NotifyAll();
  entry.demands.erase(settled, entry.demands.end());
}

std::chrono::nanoseconds FlushQueue::RetryDelay(unsigned failure_count) const {
  constexpr unsigned kDoublingsMax = 6;
  const auto doublings = std::min(failure_count - 1, kDoublingsMax);
  return std::min(kFirstRetry * (1 << doublings), kLastRetry);
}

}  // namespace arc::storage
