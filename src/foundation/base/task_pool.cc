#include "foundation/base/task_pool.h"

#include <utility>

#include "foundation/base/exception_error.h"

namespace arc {

TaskPool::TaskPool(const std::string& name, std::size_t thread_count, std::size_t queue_max,
                   FailureListener on_failure)
    : queue_max_(queue_max), on_failure_(std::move(on_failure)) {
  for (std::size_t i = 0; i < thread_count; i++) {
    const auto thread_name = name + "-" + std::to_string(i);
    threads_.emplace_back(thread_name, [this, thread_name] { Loop(thread_name); });
  }
}

TaskPool::~TaskPool() { Close(); }

Result<void> TaskPool::Submit(Task task) {
  MutexLock lock(mutex_);
  if (is_closed_) return Error{ErrorCode::kCancelled, "the server is shutting down"};
  if (queue_.size() >= queue_max_) {
    return Error{ErrorCode::kOverloaded, "too many requests are waiting: retry later"};
  }
  queue_.push_back(std::move(task));
  changed_.NotifyOne();
  return {};
}

void TaskPool::GoOn(Task task) {
  MutexLock lock(mutex_);
  queue_.push_back(std::move(task));
  changed_.NotifyOne();
}

std::size_t TaskPool::waiting_count() const {
  MutexLock lock(mutex_);
  return queue_.size();
}

void TaskPool::Loop(const std::string& thread_name) {
  for (;;) {
    Task task;
    {
      MutexLock lock(mutex_);
      while (queue_.empty() && !is_closed_) changed_.Wait(lock);
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    Run(task, thread_name);
  }
}

void TaskPool::Run(const Task& task, const std::string& thread_name) noexcept {
  try {
    task();
    return;
  } catch (...) {
    failed_count_++;
    LogExceptionOf(thread_name.c_str(), "goes on after an exception in a task");
    try {
      if (on_failure_) on_failure_();
    } catch (...) {
      LogExceptionOf(thread_name.c_str(), "could not tell of a task that failed");
    }
  }
}

void TaskPool::Close() {
  {
    MutexLock lock(mutex_);
    is_closed_ = true;
    changed_.NotifyAll();
  }
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.Join();
  }
}

}  // namespace arc
