#include "data/write/sequencer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "data/wal/log.h"
#include "foundation/base/check.h"
#include "foundation/base/exception_error.h"
#include "foundation/base/log.h"

namespace arc::write {
namespace {

// Logged and synced together at most, about: more would only make the first of them wait.
constexpr std::size_t kGroupBytesMax = 16 << 20;

// These are needed when memory may have run out: the short words lie in the string itself.
Error Unavailable(const char* message) noexcept {
  try {
    return {ErrorCode::kUnavailable, message};
  } catch (...) {
    return {ErrorCode::kUnavailable, "out of memory"};
  }
}
Error StalledError() noexcept {
  return Unavailable("the disk of the write-ahead log does not answer: retry later");
}
Error UnansweredError() noexcept {
  return Unavailable(
      "the disk of the write-ahead log does not answer: retry later; outcome unknown: the rows may "
      "have been stored");
}
Error BrokenError() noexcept {
  return Unavailable("writes are refused until the server is restarted: see /health and its log");
}
Error HalfDoneError() noexcept {
  return Unavailable(
      "the server ran out of memory within this write; outcome unknown: the rows may have been "
      "stored, which shows when the server is restarted");
}

// One client that cannot be told is no reason not to tell the others.
void Tell(const Sequencer::Completion& completion, Result<Lsn> outcome) noexcept {
  try {
    completion(std::move(outcome));
  } catch (...) {
    LogExceptionOf("sequencer", "could not tell a client what became of its write");
  }
}

wal::EncodedRows Encode(const WriteRecord& record) {
  std::vector<wal::RowsOfMeasurement> parts;
  parts.reserve(record.parts.size());
  for (const auto& [measurement, batch] : record.parts) {
    parts.push_back({measurement->id(), &measurement->name(), batch.get(), nullptr});
  }
  return wal::EncodedRows(parts);
}

}  // namespace

Sequencer::Sequencer(Options options, wal::Log* log, buffer::LiveMeasurements& tables,
                     const Clock& clock, Listeners listeners)
    : options_(options),
      log_(log),
      tables_(tables),
      clock_(clock),
      listeners_(std::move(listeners)),
      last_lsn_(options.last_lsn),
      thread_("sequencer", [this] { Loop(); }) {
  if (log_ != nullptr) {
    deadline_thread_ = Thread("ack-deadline", [this] { WatchDeadline(); });
  }
}

Sequencer::~Sequencer() { CHECK(!thread_.joinable(), "a sequencer is destroyed before Close"); }

Result<void> Sequencer::Append(WriteRecord record, Completion completion) {
  CHECK(!record.parts.empty(), "BUG: a write without rows asks for a place in the order");
  EncodedRecord rows{std::move(record), {}};
  if (log_ != nullptr) rows.encoded = Encode(rows.record);
  if (rows.encoded.byte_count() > options_.record_bytes_max) {
    return Error{ErrorCode::kTooLarge,
                 fmt::format("the rows of this request are {} bytes in the write-ahead log, more "
                             "than the {} of wal.max_record_size: send them in smaller requests",
                             rows.encoded.byte_count(), options_.record_bytes_max)};
  }
  MutexLock lock(mutex_);
  if (is_broken_) return BrokenError();
  for (const auto& part : rows.record.parts) {
    // A drop marks its measurements before it asks for its place in the order. So a write that is
    // not refused here comes before the drop.
    if (!part.measurement->is_dropping()) continue;
    return Error{ErrorCode::kOverloaded,
                 "measurement " + part.measurement->name().ToString() + " is being dropped: retry"};
  }
  return EnqueueLocked({kLsnZero, std::move(rows), std::move(completion)});
}

Result<void> Sequencer::Barrier(Completion reached) {
  MutexLock lock(mutex_);
  return EnqueueLocked({kLsnZero, Marker{}, std::move(reached)});
}

Result<void> Sequencer::CheckOpenLocked() const {
  if (is_closed_) {
    return Error{ErrorCode::kCancelled, "the server is shutting down: send the request again"};
  }
  if (IsStalledLocked()) return StalledError();
  return {};
}

Result<void> Sequencer::EnqueueLocked(Request request) {
  TRY(CheckOpenLocked());
  const auto byte_count = request.byte_count();
  // A record larger than the whole queue may pass when it is alone, or it never could. A barrier
  // holds no memory.
  const bool is_over = byte_count > 0 && queued_bytes_ + byte_count > options_.queue_bytes_max;
  if (is_over && !queue_.empty()) {
    refused_count_++;
    return Error{ErrorCode::kOverloaded, "too many writes are waiting: retry later"};
  }
  request.lsn = Next(last_lsn_);
  queue_.push_back(std::move(request));  // may throw: the LSN counts as given out afterwards
  last_lsn_ = queue_.back().lsn;
  queued_bytes_ += byte_count;
  if (queue_.size() == 1) queue_changed_.NotifyOne();
  return {};
}

std::size_t Sequencer::queued_bytes() const {
  MutexLock lock(mutex_);
  return queued_bytes_;
}

bool Sequencer::is_broken() const {
  MutexLock lock(mutex_);
  return is_broken_;
}

std::uint64_t Sequencer::refused_count() const {
  MutexLock lock(mutex_);
  return refused_count_;
}

void Sequencer::Loop() {
  for (;;) {
    Group group;
    try {
      group = TakeGroup();
    } catch (...) {
      RefuseOldest(ErrorOfException());
      continue;
    }
    if (group.empty()) return;
    Answer(group, LogAndPublish(group));
  }
}

// Waits for requests. Empty when closed and all are taken. When it throws, nothing was taken.
Sequencer::Group Sequencer::TakeGroup() {
  Group group;
  Flight flight;
  std::size_t byte_count = 0;
  MutexLock lock(mutex_);
  CHECK(!flight_, "BUG: a group is taken before the one before it is answered");
  while (queue_.empty() && !is_closed_) queue_changed_.Wait(lock);
  std::size_t count = 0;
  for (; count < queue_.size() && byte_count < kGroupBytesMax; count++) {
    byte_count += queue_[count].byte_count();
  }
  if (count == 0) return group;
  // The last two steps that may throw.
  group.reserve(count);
  flight.completions.reserve(count);
  for (std::size_t i = 0; i < count; i++) {
    flight.completions.push_back(std::move(queue_.front().completion));
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  CHECK(queued_bytes_ >= byte_count, "BUG: more bytes leave the queue than are in it");
  queued_bytes_ -= byte_count;
  flight.since = clock_.NowSteady();
  flight_ = std::move(flight);
  flight_changed_.NotifyOne();
  return group;
}

// Without memory to take them as a group, requests are refused one by one. None of them is stored.
void Sequencer::RefuseOldest(Error why) noexcept {
  Completion completion;
  {
    MutexLock lock(mutex_);
    if (queue_.empty()) return;
    completion = TakeOldestLocked();
  }
  Tell(completion, std::move(why));
}

Sequencer::Completion Sequencer::TakeOldestLocked() {
  auto completion = std::move(queue_.front().completion);
  CHECK(queued_bytes_ >= queue_.front().byte_count(),
        "BUG: more bytes leave the queue than are in it");
  queued_bytes_ -= queue_.front().byte_count();
  queue_.pop_front();
  refused_count_++;
  return completion;
}

// From the first byte in the log on, an exception leaves a group of which nobody knows how far it
// came: rows may be in the log and in some of the buffers. `visible_lsn` stays below it for ever,
// so that no query and no file gets half of it, until a restart reads what the log holds.
std::optional<Error> Sequencer::LogAndPublish(const Group& group) noexcept {
  if (is_broken()) return BrokenError();
  std::vector<wal::LogRecord> records;
  try {
    if (log_ != nullptr) records = RecordsOf(group);
  } catch (...) {
    return ErrorOfException();
  }
  try {
    if (!records.empty()) {
      auto logged = log_->Append(records);
      listeners_.logged();
      if (!logged.ok()) return std::move(logged).TakeError();
    }
    Publish(group);
    return std::nullopt;
  } catch (...) {
    LogExceptionOf("sequencer", "is half way through a write; no more are taken until a restart");
    MutexLock lock(mutex_);
    is_broken_ = true;
    return HalfDoneError();
  }
}

std::vector<wal::LogRecord> Sequencer::RecordsOf(const Group& group) {
  std::vector<wal::LogRecord> records;
  records.reserve(group.size());
  for (const auto& request : group) {
    const auto* rows = request.rows();
    if (rows == nullptr) continue;
    const auto& encoded = rows->encoded;
    records.push_back({request.lsn, wal::RecordType::kRows, encoded.Pieces(), encoded.byte_count(),
                       encoded.checksum()});
  }
  return records;
}

void Sequencer::Publish(const Group& group) {
  CHECK(tables_.visible_lsn() < group.front().lsn, "BUG: a group becomes visible out of order");
  const auto now = clock_.NowSteady();
  for (const auto& request : group) {
    const auto* rows = request.rows();
    if (rows == nullptr) continue;
    for (const auto& [measurement, batch] : rows->record.parts) {
      measurement->Publish(request.lsn, batch, now);
    }
  }
  tables_.AdvanceVisible(group.back().lsn);
  for (const auto& request : group) {
    const auto* rows = request.rows();
    if (rows == nullptr) continue;
    for (const auto& part : rows->record.parts) listeners_.published(part.measurement);
  }
}

// Ends the flight. A barrier needs no disk: it is reached whatever became of the rows.
void Sequencer::Answer(const Group& group, const std::optional<Error>& failure) noexcept {
  const auto is_refused = [&](const Request& request) {
    return failure && request.rows() != nullptr;
  };
  std::optional<Flight> flight;
  {
    MutexLock lock(mutex_);
    flight.swap(flight_);
    CHECK(flight, "BUG: a group is answered twice");
    // One that was given up is counted already.
    if (!flight->is_given_up) {
      refused_count_ += std::count_if(group.begin(), group.end(), is_refused);
    }
    flight_changed_.NotifyOne();
  }
  if (flight->is_given_up) return LogInfo("wal: the disk answers again");
  CHECK(flight->completions.size() == group.size(), "BUG: an answer of a group is missing");
  for (std::size_t i = 0; i < group.size(); i++) {
    if (is_refused(group[i])) {
      Tell(flight->completions[i], CopyOf(*failure));
    } else {
      Tell(flight->completions[i], group[i].lsn);
    }
  }
}

void Sequencer::WatchDeadline() {
  for (auto late = GiveUpLateFlight(); !late.empty(); late = GiveUpLateFlight()) {
    LogError("wal: the disk has not answered for {} ms", options_.acknowledge_timeout.count());
    for (const auto& completion : late) Tell(completion, UnansweredError());
    RefuseWhileStalled();
  }
}

// Waits for a flight that the disk has not taken in time, and gives it up. Empty when closed and
// nothing is in flight.
//
// It holds the lock from the look at the clock to the decision. If the disk could answer in
// between, the flight would be given up after its end, and no later answer would take that back.
std::vector<Sequencer::Completion> Sequencer::GiveUpLateFlight() {
  MutexLock lock(mutex_);
  for (;;) {
    if (!flight_ || flight_->is_given_up) {
      if (is_closed_) return {};
      flight_changed_.Wait(lock);
      continue;
    }
    const auto deadline = flight_->since + options_.acknowledge_timeout;
    if (clock_.NowSteady() >= deadline) break;
    clock_.WaitUntil(flight_changed_, lock, deadline);
  }
  flight_->is_given_up = true;
  refused_count_ += flight_->completions.size();
  return std::exchange(flight_->completions, {});
}

// What waits behind it. Once the disk answers, the rest goes on.
void Sequencer::RefuseWhileStalled() {
  for (;;) {
    Completion completion;
    {
      MutexLock lock(mutex_);
      if (!IsStalledLocked() || queue_.empty()) return;
      completion = TakeOldestLocked();
    }
    Tell(completion, StalledError());
  }
}

void Sequencer::Close() {
  {
    MutexLock lock(mutex_);
    is_closed_ = true;
    queue_changed_.NotifyOne();
    flight_changed_.NotifyOne();
  }
  if (thread_.joinable()) thread_.Join();
  if (deadline_thread_.joinable()) deadline_thread_.Join();
}

}  // namespace arc::write
