// A query whose rows are being read: its source of rows, and its place among the running queries.

#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "foundation/base/mutex.h"
#include "foundation/base/result.h"
#include "query/execution/row_source.h"
#include "query/execution/running_queries.h"

namespace arc::execution {

// When it is destroyed, its place among the running queries and all that it pins is given up.
//
// Lifetime: `running` must outlive it.
// Threads:  Interrupt and OnCancel from any thread; everything else by one thread at a time.
class OpenRun {
 public:
  OpenRun(RunningQueries& running, std::unique_ptr<RowSource> source)
      : source_(std::move(source)),
        entry_(running, {[this] { Cancel(); }, [this] { return source_->batches(); }}) {}

  RowSource& source() { return *source_; }
  void Interrupt(engine::InterruptReason reason) { source_->Interrupt(reason); }
  // Null when the rows are there already, so that nothing can be stopped.
  std::shared_ptr<engine::QueryStop> stop() const { return source_->stop(); }
  // The error for the client, if the query was cancelled because of its memory; else nothing.
  std::optional<Error> out_of_memory() const { return entry_.out_of_memory(); }

  // Sets the function to call when the running queries cancel this one; if they have already, it is
  // called at once. It must not block. Once OnCancel has returned, the function that was set before
  // is not called any more. Null sets no function.
  void OnCancel(std::function<void()> call) {
    MutexLock lock(mutex_);
    on_cancel_ = std::move(call);
    if (is_cancelled_ && on_cancel_) on_cancel_();
  }

 private:
  void Cancel() {
    source_->Interrupt(engine::InterruptReason::kCancelled);
    MutexLock lock(mutex_);
    is_cancelled_ = true;
    if (on_cancel_) on_cancel_();
  }

  Mutex mutex_;
  std::function<void()> on_cancel_ GUARDED_BY(mutex_);
  bool is_cancelled_ GUARDED_BY(mutex_) = false;
  const std::unique_ptr<RowSource> source_;
  const RunningQueries::Entry entry_;  // destroyed first: it calls back
};

}  // namespace arc::execution
