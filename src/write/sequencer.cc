#include "write/sequencer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "base/thread.h"
#include "wal/log.h"

namespace arc::write {
namespace {

// Logged and synced together at most, about: more would only make the first of them wait.
constexpr std::size_t kGroupBytesMax = 16 << 20;

Error StalledError() {
  return {ErrorCode::kUnavailable, "the disk of the write-ahead log does not answer: retry later"};
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
      thread_([this] { Loop(); }) {
  if (log_ != nullptr) deadline_thread_ = std::thread([this] { WatchDeadline(); });
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
  last_lsn_ = Next(last_lsn_);
  sequenced.lsn = last_lsn_;
  queued_bytes_ += byte_count;
  queue_.push_back(std::move(sequenced));
  if (queue_.size() == 1) queue_changed_.NotifyOne();
  return {};
}

std::size_t Sequencer::queued_bytes() const {
  MutexLock lock(mutex_);
  return queued_bytes_;
}

std::uint64_t Sequencer::refused_count() const {
  MutexLock lock(mutex_);
  return refused_count_;
}

void Sequencer::Loop() {
  SetThreadName("sequencer");
  for (auto group = TakeGroup(); !group.empty(); group = TakeGroup()) {
    const auto logged = LogGroup(group);
    if (logged.ok()) Publish(group);
    Complete(group, logged);
  }
}

// Waits for requests. Empty when closed and all are taken.
std::vector<Sequencer::Sequenced> Sequencer::TakeGroup() {
  std::vector<Sequenced> group;
  std::size_t byte_count = 0;
  MutexLock lock(mutex_);
  while (queue_.empty() && !is_closed_) queue_changed_.Wait(lock);
  while (!queue_.empty() && byte_count < kGroupBytesMax) {
    byte_count += queue_.front().record.byte_count;
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

Result<void> Sequencer::LogGroup(const std::vector<Sequenced>& group) {
  if (log_ == nullptr) return {};
  std::vector<wal::LogRecord> records;
  records.reserve(group.size());
  for (const auto& [lsn, record, encoded, completion] : group) {
    if (record.parts.empty()) continue;
    records.push_back(
        {lsn, wal::RecordType::kRows, encoded.Pieces(), encoded.byte_count(), encoded.checksum()});
  }
  if (records.empty()) return {};
  auto appended = log_->Append(records);
  listeners_.logged();
  return appended;
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

void Sequencer::Complete(const std::vector<Sequenced>& group, const Result<void>& outcome) {
  // A barrier needs no disk.
  const auto is_refused = [&](const Sequenced& sequenced) {
    return !outcome.ok() && !sequenced.record.parts.empty();
  };
  std::vector<Completion> completions;
  {
    MutexLock lock(mutex_);
    completions.swap(in_flight_);
    if (is_stalled_) LogInfo("wal: the disk answers again");
    is_stalled_ = false;
    // Else they were refused, and counted, when the disk did not answer.
    if (!completions.empty()) {
      refused_count_ += std::count_if(group.begin(), group.end(), is_refused);
    }
    flight_changed_.NotifyOne();
  }
  for (std::size_t i = 0; i < completions.size(); i++) {
    if (is_refused(group[i])) {
      completions[i](outcome.error());
    } else {
      completions[i](group[i].lsn);
    }
  }
}

void Sequencer::WatchDeadline() {
  SetThreadName("ack-deadline");
  for (;;) {
    {
      MutexLock lock(mutex_);
      while (in_flight_.empty() && !is_closed_) flight_changed_.Wait(lock);
      if (in_flight_.empty()) return;
      const auto deadline = in_flight_since_ + options_.acknowledge_timeout;
      if (clock_.NowSteady() < deadline) {
        flight_changed_.WaitUntil(lock, deadline);
        continue;
      }
    }
    GiveUpWaiting();
  }
}

// Answers what the disk has not taken in time, and what waits behind it. The group goes on when the
// disk does, and its rows, durable then, become visible.
void Sequencer::GiveUpWaiting() {
  std::vector<Completion> in_flight;
  std::deque<Sequenced> waiting;
  {
    MutexLock lock(mutex_);
    is_stalled_ = true;
    in_flight.swap(in_flight_);
    waiting.swap(queue_);
    queued_bytes_ = 0;
    refused_count_ += in_flight.size() + waiting.size();
  }
  LogError("wal: the disk has not answered for {} ms", options_.acknowledge_timeout.count());
  auto unknown = StalledError();
  unknown.message += "; outcome unknown: the rows may have been stored";
  for (const auto& completion : in_flight) completion(unknown);
  for (const auto& sequenced : waiting) sequenced.completion(StalledError());
}

void Sequencer::Close() {
  {
    MutexLock lock(mutex_);
    is_closed_ = true;
    queue_changed_.NotifyOne();
    flight_changed_.NotifyOne();
  }
  if (thread_.joinable()) thread_.join();
  if (deadline_thread_.joinable()) deadline_thread_.join();
}

}  // namespace arc::write
