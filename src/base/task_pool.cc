#include "base/task_pool.h"

#include <utility>

#include "base/thread.h"

namespace arc {

TaskPool::TaskPool(const std::string& name, std::size_t thread_count, std::size_t queue_max)
    : queue_max_(queue_max) {
  for (std::size_t i = 0; i < thread_count; i++) {
    threads_.emplace_back(
        [this, thread_name = name + "-" + std::to_string(i)] { Loop(thread_name); });
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
  SetThreadName(thread_name);
  for (;;) {
    Task task;
    {
      MutexLock lock(mutex_);
      while (queue_.empty() && !is_closed_) changed_.Wait(lock);
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task();
  }
}

void TaskPool::Close() {
  {
    MutexLock lock(mutex_);
    is_closed_ = true;
    changed_.NotifyAll();
  }
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace arc
