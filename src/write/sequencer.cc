#include "write/sequencer.h"

#include <utility>

#include "base/check.h"
#include "base/thread.h"

namespace arc::write {

Sequencer::Sequencer(std::size_t queue_bytes_max, Lsn last_lsn, buffer::LiveTables& tables,
                     const Clock& clock, PublishedListener on_published)
    : queue_bytes_max_(queue_bytes_max),
      tables_(tables),
      clock_(clock),
      on_published_(std::move(on_published)),
      last_lsn_(last_lsn),
      thread_([this] { Loop(); }) {}

Sequencer::~Sequencer() { CHECK(!thread_.joinable(), "a sequencer is destroyed before Close"); }

Result<void> Sequencer::Append(WriteRecord record, Completion completion) {
  MutexLock lock(mutex_);
  if (is_closed_) {
    return Error{ErrorCode::kCancelled, "the server is shutting down: send the request again"};
  }
  // A record larger than the whole queue may pass when it is alone, or it never could.
  if (!queue_.empty() && queued_bytes_ + record.byte_count > queue_bytes_max_) {
    return Error{ErrorCode::kOverloaded, "too many writes are waiting: retry later"};
  }
  last_lsn_ = Next(last_lsn_);
  queued_bytes_ += record.byte_count;
  queue_.push_back({last_lsn_, std::move(record), std::move(completion)});
  if (queue_.size() == 1) queue_changed_.NotifyOne();
  return {};
}

std::size_t Sequencer::queued_bytes() const {
  MutexLock lock(mutex_);
  return queued_bytes_;
}

void Sequencer::Loop() {
  SetThreadName("sequencer");
  for (;;) {
    std::vector<Sequenced> group;
    {
      MutexLock lock(mutex_);
      while (queue_.empty() && !is_closed_) queue_changed_.Wait(lock);
      if (queue_.empty()) return;
      group.swap(queue_);
      queued_bytes_ = 0;
    }
    PublishGroup(group);
  }
}

void Sequencer::PublishGroup(std::vector<Sequenced>& group) {
  const auto now = clock_.NowSteady();
  for (auto& [lsn, record, completion] : group) {
    for (auto& part : record.parts) part.measurement->Publish(lsn, std::move(part.batch), now);
  }
  tables_.AdvanceVisible(group.back().lsn);
  for (const auto& sequenced : group) {
    for (const auto& part : sequenced.record.parts) on_published_(part.measurement);
    sequenced.completion(sequenced.lsn);
  }
}

void Sequencer::Close() {
  {
    MutexLock lock(mutex_);
    is_closed_ = true;
    queue_changed_.NotifyOne();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace arc::write
