// Stops one query from outside.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "foundation/base/mutex.h"

namespace arc::engine {

enum class InterruptReason : std::uint8_t {
  kCancelled,
  kDeadline,
  kEngineLost,  // a thread that computed for it, or for another query on its instance, was lost
};

// Works while the query is planned and while it runs; a stop that comes before that counts as well.
//
// Lifetime: shared by the query and those who may stop it.
// Threads:  any.
class QueryStop {
 public:
  // Makes the query fail soon; the first reason counts. Does not wait.
  void Interrupt(InterruptReason reason) {
    const MutexLock lock(mutex_);
    if (!reason_) reason_ = reason;
    if (interrupt_) interrupt_();
  }

  std::optional<InterruptReason> reason() const {
    const MutexLock lock(mutex_);
    return reason_;
  }

 private:
  friend class QueryStopAttachment;
  friend class Engine;

  mutable Mutex mutex_;
  std::optional<InterruptReason> reason_ GUARDED_BY(mutex_);
  std::function<void()> interrupt_ GUARDED_BY(mutex_);  // must not block
  std::weak_ptr<void> instance_ GUARDED_BY(mutex_);     // the DuckDB that it runs on
};

// As long as it lives, the stop interrupts DuckDB.
class QueryStopAttachment {
 public:
  // `interrupt` is called at each stop, and now if a stop came before; it must not block.
  QueryStopAttachment(std::shared_ptr<QueryStop> stop, std::weak_ptr<void> instance,
                      std::function<void()> interrupt)
      : stop_(std::move(stop)) {
    const MutexLock lock(stop_->mutex_);
    stop_->instance_ = std::move(instance);
    stop_->interrupt_ = std::move(interrupt);
    if (stop_->reason_) stop_->interrupt_();
  }
  QueryStopAttachment(const QueryStopAttachment&) = delete;
  QueryStopAttachment& operator=(const QueryStopAttachment&) = delete;
  ~QueryStopAttachment() {
    const MutexLock lock(stop_->mutex_);
    stop_->interrupt_ = nullptr;
  }

  QueryStop& stop() const { return *stop_; }

 private:
  const std::shared_ptr<QueryStop> stop_;
};

}  // namespace arc::engine
