// A fixed number of threads for work that blocks, with a bounded queue before them.
//
// Lifetime: the owner closes it before what the tasks use goes away.
// Threads:  Submit from any thread, tasks included.
// Limits:   queue_max tasks wait; past that, Submit refuses. Tasks that go on are as many as their
//           owner lets begin.

#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"

namespace arc {

class TaskPool {
 public:
  using Task = std::function<void()>;

  // Threads are named "<name>-0", "<name>-1", ...
  TaskPool(const std::string& name, std::size_t thread_count, std::size_t queue_max);
  TaskPool(const TaskPool&) = delete;
  TaskPool& operator=(const TaskPool&) = delete;
  ~TaskPool();  // closes, if Close() has not been called

  // Fails with kOverloaded when the queue is full, with kCancelled after Close; the task is then
  // not run.
  Result<void> Submit(Task task);

  // Queues the next part of a task that was taken before: never refused. Before Close, or from a
  // task.
  void GoOn(Task task);

  std::size_t waiting_count() const;

  // Runs what is queued, then joins the threads.
  void Close();

 private:
  void Loop(const std::string& thread_name);

  const std::size_t queue_max_;
  mutable Mutex mutex_;
  Condition changed_;
  std::deque<Task> queue_ GUARDED_BY(mutex_);
  bool is_closed_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace arc
