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
void Answer(const Sequencer::Completion& completion, Result<Lsn> outcome) noexcept {
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

Sequencer::Sequencer(Options options, wal::Log* log, buffer::LiveTables& tables, const Clock& clock,
                     Listeners listeners)
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
  Sequenced sequenced{kLsnZero, std::move(record), {}, std::move(completion)};
  if (log_ != nullptr) sequenced.encoded = Encode(sequenced.record);
  if (sequenced.encoded.byte_count() > options_.record_bytes_max) {
    return Error{ErrorCode::kTooLarge,
                 fmt::format("the rows of this request are {} bytes in the write-ahead log, more "
                             "than the {} of wal.max_record_size: send them in smaller requests",
                             sequenced.encoded.byte_count(), options_.record_bytes_max)};
  }
  MutexLock lock(mutex_);
  if (is_broken_) return BrokenError();
  for (const auto& part : sequenced.record.parts) {
    // A drop marks its measurements before it asks for its place in the order: whoever passes here
    // afterwards would otherwise write to what is gone.
    if (!part.measurement->is_dropping()) continue;
    return Error{ErrorCode::kOverloaded,
                 "measurement " + part.measurement->name().ToString() + " is being dropped: retry"};
  }
  return PushLocked(std::move(sequenced));
}

Result<void> Sequencer::Barrier(Completion reached) {
  MutexLock lock(mutex_);
  return PushLocked({kLsnZero, {}, {}, std::move(reached)});
}

Result<void> Sequencer::CheckOpenLocked() const {
  if (is_closed_) {
    return Error{ErrorCode::kCancelled, "the server is shutting down: send the request again"};
  }
  if (is_stalled_) return StalledError();
  return {};
}

Result<void> Sequencer::PushLocked(Sequenced sequenced) {
  TRY(CheckOpenLocked());
  const auto byte_count = sequenced.record.byte_count;
  // A record larger than the whole queue may pass when it is alone, or it never could. A barrier
  // holds no memory.
  const bool is_over = byte_count > 0 && queued_bytes_ + byte_count > options_.queue_bytes_max;
  if (is_over && !queue_.empty()) {
    refused_count_++;
    return Error{ErrorCode::kOverloaded, "too many writes are waiting: retry later"};
  }
  sequenced.lsn = Next(last_lsn_);
  queue_.push_back(std::move(sequenced));  // may throw: the place is taken afterwards
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
    std::vector<Sequenced> group;
    try {
      group = TakeGroup();
    } catch (...) {
      RefuseOldest(ErrorOfException());
      continue;
    }
    if (group.empty()) return;
    Complete(group, Carry(group));
  }
}

// Waits for requests. Empty when closed and all are taken. When it throws, nothing was taken.
std::vector<Sequencer::Sequenced> Sequencer::TakeGroup() {
  std::vector<Sequenced> group;
  std::size_t byte_count = 0;
  MutexLock lock(mutex_);
  while (queue_.empty() && !is_closed_) queue_changed_.Wait(lock);
  std::size_t count = 0;
  for (; count < queue_.size() && byte_count < kGroupBytesMax; count++) {
    byte_count += queue_[count].record.byte_count;
  }
  group.reserve(count);
  in_flight_.reserve(count);
  for (std::size_t i = 0; i < count; i++) {
    in_flight_.push_back(std::move(queue_.front().completion));
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  queued_bytes_ -= byte_count;
  if (group.empty() || log_ == nullptr) return group;
  in_flight_since_ = clock_.NowSteady();
  flight_changed_.NotifyOne();
  return group;
}

// Without memory to take them as a group they are answered one by one: nothing of them is stored.
void Sequencer::RefuseOldest(Error why) noexcept {
  Completion completion;
  {
    MutexLock lock(mutex_);
    if (queue_.empty()) return;
    completion = TakeOldestLocked();
  }
  Answer(completion, std::move(why));
}

Sequencer::Completion Sequencer::TakeOldestLocked() {
  auto completion = std::move(queue_.front().completion);
  queued_bytes_ -= queue_.front().record.byte_count;
  queue_.pop_front();
  refused_count_++;
  return completion;
}

// From the first byte in the log on, an exception leaves a group of which nobody knows how far it
// came: rows may be in the log and in some of the buffers. `visible_lsn` stays below it for ever,
// so that no query and no file gets half of it, until a restart reads what the log holds.
std::optional<Error> Sequencer::Carry(std::vector<Sequenced>& group) noexcept {
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

std::vector<wal::LogRecord> Sequencer::RecordsOf(const std::vector<Sequenced>& group) {
  std::vector<wal::LogRecord> records;
  records.reserve(group.size());
  for (const auto& [lsn, record, encoded, completion] : group) {
    if (record.parts.empty()) continue;
    records.push_back(
        {lsn, wal::RecordType::kRows, encoded.Pieces(), encoded.byte_count(), encoded.checksum()});
  }
  return records;
}

void Sequencer::Publish(std::vector<Sequenced>& group) {
  const auto now = clock_.NowSteady();
  for (auto& [lsn, record, encoded, completion] : group) {
    for (auto& part : record.parts) part.measurement->Publish(lsn, std::move(part.batch), now);
  }
  tables_.AdvanceVisible(group.back().lsn);
  for (const auto& sequenced : group) {
    for (const auto& part : sequenced.record.parts) listeners_.published(part.measurement);
  }
}

void Sequencer::Complete(const std::vector<Sequenced>& group,
                         const std::optional<Error>& failure) noexcept {
  // A barrier needs no disk.
  const auto is_refused = [&](const Sequenced& sequenced) {
    return failure && !sequenced.record.parts.empty();
  };
  std::vector<Completion> completions;
  bool is_over = false;
  {
    MutexLock lock(mutex_);
    completions.swap(in_flight_);
    is_over = std::exchange(is_stalled_, false);
    // Else they were refused, and counted, when the disk did not answer.
    if (!completions.empty()) {
      refused_count_ += std::count_if(group.begin(), group.end(), is_refused);
    }
    flight_changed_.NotifyOne();
  }
  if (is_over) LogInfo("wal: the disk answers again");
  for (std::size_t i = 0; i < completions.size(); i++) {
    if (is_refused(group[i])) {
      Answer(completions[i], CopyOf(*failure));
    } else {
      Answer(completions[i], group[i].lsn);
    }
  }
}

void Sequencer::WatchDeadline() {
  for (auto late = AwaitDeadline(); !late.empty(); late = AwaitDeadline()) {
    LogError("wal: the disk has not answered for {} ms", options_.acknowledge_timeout.count());
    for (const auto& completion : late) Answer(completion, UnansweredError());
    RefuseWhileStalled();
  }
}

// What the disk has not taken in time: the group itself goes on when the disk does, and its rows,
// durable then, become visible. None when closed and nothing is in flight.
// One lock from the look at the clock to the decision: a disk that answers in between would be
// given up for ever, because only its next answer takes that back.
std::vector<Sequencer::Completion> Sequencer::AwaitDeadline() {
  std::vector<Completion> late;
  MutexLock lock(mutex_);
  for (;;) {
    while (in_flight_.empty() && !is_closed_) flight_changed_.Wait(lock);
    if (in_flight_.empty()) return late;
    const auto deadline = in_flight_since_ + options_.acknowledge_timeout;
    if (clock_.NowSteady() >= deadline) break;
    flight_changed_.WaitUntil(lock, deadline);
  }
  is_stalled_ = true;
  late.swap(in_flight_);
  refused_count_ += late.size();
  return late;
}

// What waits behind it. Once the disk answers, the rest goes on.
void Sequencer::RefuseWhileStalled() {
  for (;;) {
    Completion completion;
    {
      MutexLock lock(mutex_);
      if (!is_stalled_ || queue_.empty()) return;
      completion = TakeOldestLocked();
    }
    Answer(completion, StalledError());
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
