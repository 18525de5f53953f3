// Decides when each measurement is flushed: by rows, bytes or age, on demand, for memory or for the
// log, or again after a failure. Knows nothing of files.
//
// Few large files are worth more than many small ones, and rows in memory are safe in the log: so a
// measurement that would make a tiny file waits much longer than one that is worth a file.

#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "data/buffer/live_measurement.h"
#include "data/buffer/live_measurements.h"
#include "data/flush/flush_deadlines.h"
#include "foundation/base/mutex.h"
#include "foundation/base/result.h"
#include "foundation/time/clock.h"

namespace arc::flush {

// Every measurement with buffered rows has one entry here, which is waiting for its deadline,
// queued for a worker, or in flight; an empty one has none and costs nothing.
//
// An entry goes waiting -> queued (MakeDue) -> in flight (TakeDue) -> waiting (Finished), or away
// when its rows are in files. Only Finished ends a flight, so a measurement is never flushed twice
// at the same time. A crash loses nothing: the rows are in the log, and a start makes the entries
// anew.
//
// Threads: any. ScheduleUntilClosed is for one thread of its own.
// Memory:  when it runs out, no measurement is forgotten: the deadlines of all are made anew.
class FlushQueue {
 public:
  struct Policy {
    std::size_t rows_max;               // a measurement with so many rows is due at once
    std::size_t measurement_bytes_max;  // or with so many bytes
    // Else when its oldest row is so old and it has at least file_rows_min rows,
    std::chrono::milliseconds age_max;
    std::size_t file_rows_min = 0;
    // or, whatever it has, when its oldest row is so old. Values below age_max count as age_max.
    std::chrono::milliseconds small_age_max{0};
  };
  // A measurement is large when it holds 1/kLargeDivisor of the memory to be freed.
  static constexpr std::size_t kLargeDivisor = 16;
  // After all was made due and it was not enough, nobody looks again for so long.
  static constexpr std::chrono::seconds kReliefPause{1};
  // A failed flush is repeated after 1 s, 2 s, 4 s, ... and at last every minute.
  static constexpr std::chrono::seconds kFirstRetry{1};
  static constexpr std::chrono::seconds kLastRetry{60};
  // When memory ran out within a change, all measurements are looked at again after this.
  static constexpr std::chrono::seconds kLookAgainPause{1};

  // `live_measurements` and `clock` outlive the queue.
  FlushQueue(Policy policy, buffer::LiveMeasurements& live_measurements, const Clock& clock);

  // Rows of the measurement became visible.
  void OnPublished(const std::shared_ptr<buffer::LiveMeasurement>& live) noexcept;

  // The next measurement to flush, which is then in flight: nobody else gets it until Finished is
  // called. Waits for one; null once closed.
  std::shared_ptr<buffer::LiveMeasurement> TakeDue();
  // Ends the flight. On success all rows up to `flushed_to` are in files, and trimmed, or gone with
  // the measurement.
  void Finished(const buffer::LiveMeasurement& live, Lsn flushed_to,
                const Result<void>& outcome) noexcept;

  // Makes everything due that is visible now and waits until it is flushed. Fails with the first
  // error of a flush, with kDeadlinePassed, or with kCancelled when the queue closes.
  Result<void> FlushAll(std::chrono::milliseconds deadline);
  // Makes measurements due until those that are queued or in flight hold `bytes`: first, by size,
  // those with at least 1/kLargeDivisor of it, which free the most for a file, then the others by
  // age. So a hundred thousand small ones give way too when there is nothing else. Failing ones are
  // left to their retries. O(measurements) when there are not enough already, else cheap.
  void RelieveMemory(std::size_t bytes);
  // Makes every measurement due that has a row of LSN <= `last_lsn` and at least `rows_min` rows,
  // but for failing ones, so that the log can free the segments with those rows. Returns how many
  // of them are under way. O(measurements).
  std::size_t FlushOlderThan(Lsn last_lsn, std::size_t rows_min);
  // The measurement was dropped and its rows are gone: no deadline, no failure is left of it. A
  // flush that is queued or in flight ends by itself.
  void Forget(MeasurementId id);

  // Makes measurements due at their deadlines, until closed. Sleeps in between: until the earliest
  // deadline, or until there is an earlier one; for ever when there is none.
  void ScheduleUntilClosed();
  // No measurement is given out any more.
  void Close();

  std::size_t queued_count() const;   // waiting for a worker
  std::size_t failing_count() const;  // whose last flush failed

 private:
  friend class FlushQueueTest;  // counts the entries

  // One FlushAll that waits.
  struct Demand {
    Lsn target;
    std::size_t measurement_count = 0;  // not flushed yet
    std::optional<Error> first_error;
  };
  enum class State : std::uint8_t { kWaiting, kQueued, kInFlight };
  struct Entry {
    std::shared_ptr<buffer::LiveMeasurement> live;
    State state = State::kWaiting;
    std::optional<Clock::SteadyTime> due;  // while waiting: as in deadlines_
    std::size_t due_bytes = 0;             // counted in due_bytes_ while queued or in flight
    unsigned failure_count = 0;
    std::vector<std::shared_ptr<Demand>> demands;
  };

  template <class Change>
  void OrLookAgainLocked(const Change& change) noexcept REQUIRES(mutex_);
  void ScheduleLostLocked() REQUIRES(mutex_);
  void ScheduleFinishedLocked(Entry& entry, const Result<void>& outcome) REQUIRES(mutex_);
  Entry& FindOrAddLocked(const std::shared_ptr<buffer::LiveMeasurement>& live) REQUIRES(mutex_);
  void ScheduleLocked(Entry& entry) REQUIRES(mutex_);
  void MakeDueLocked(Entry& entry) REQUIRES(mutex_);
  void PassDeadlinesLocked(Clock::SteadyTime now) REQUIRES(mutex_);
  void SetDeadlineLocked(Entry& entry, Clock::SteadyTime due) REQUIRES(mutex_);
  Clock::SteadyTime DeadlineOf(const buffer::LiveMeasurement::Usage& usage) const;
  void SettleDemandsLocked(Entry& entry, Lsn flushed_to, const Result<void>& outcome)
      REQUIRES(mutex_);
  std::chrono::nanoseconds RetryDelay(unsigned failure_count) const;

  // Constant after construction.
  const Policy policy_;
  buffer::LiveMeasurements& live_measurements_;
  const Clock& clock_;

  // Taken before a LiveMeasurement's own lock, never after it.
  mutable Mutex mutex_;
  Condition work_;      // ready_ or is_closed_ changed
  Condition schedule_;  // there is a deadline before wakes_at_, or is_closed_ changed
  Condition settled_;   // some demand was settled
  std::unordered_map<MeasurementId, Entry> entries_ GUARDED_BY(mutex_);
  FlushDeadlines deadlines_ GUARDED_BY(mutex_);         // of the waiting entries
  std::deque<MeasurementId> ready_ GUARDED_BY(mutex_);  // the queued entries
  std::size_t due_bytes_ GUARDED_BY(mutex_) = 0;        // of the queued and flying entries
  std::size_t failing_count_ GUARDED_BY(mutex_) = 0;
  // After memory ran out within a change.
  std::optional<Clock::SteadyTime> look_again_at_ GUARDED_BY(mutex_);
  Clock::SteadyTime no_relief_before_ GUARDED_BY(mutex_) = Clock::SteadyTime::min();
  Clock::SteadyTime wakes_at_ GUARDED_BY(mutex_) = Clock::SteadyTime::max();
  bool is_closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace arc::flush
