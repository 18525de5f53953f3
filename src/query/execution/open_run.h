// A query whose rows are being read: among those that run, with what it pins.

#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "foundation/base/mutex.h"
#include "foundation/base/result.h"
#include "query/execution/row_source.h"
#include "query/execution/running_queries.h"

namespace arc::execution {

// Its place among the running queries, and all that it pins, goes with it.
//
// Lifetime: outlived by `running`.
// Threads:  Interrupt and OnCancel from any; the rest one at a time.
class OpenRun {
 public:
  OpenRun(RunningQueries& running, std::unique_ptr<RowSource> source)
      : source_(std::move(source)),
        entry_(running, {[this] { Cancel(); }, [this] { return source_->batches(); }}) {}

  RowSource& source() { return *source_; }
  void Interrupt(engine::InterruptReason reason) { source_->Interrupt(reason); }
  // Null when there is nothing to stop.
  std::shared_ptr<engine::QueryStop> stop() const { return source_->stop(); }
  // Why the running queries cancelled it; nothing when they did not.
  std::optional<Error> out_of_memory() const { return entry_.out_of_memory(); }

  // Who hears that the running queries cancel it, or have while nobody listened: then `call` is
  // called at once. It must not block. The one before hears nothing more once this has returned.
  // null: nobody.
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
