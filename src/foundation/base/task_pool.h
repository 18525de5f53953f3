// A fixed number of threads for work that blocks, with a bounded queue before them.
//
// A task is queued by Submit, taken by the next free thread, run once and destroyed there. Work
// that comes in parts queues its next part by GoOn, and so lets others use the thread in between.
//
// Lifetime: the owner closes it before it destroys what the tasks use. Close runs every task that
//           is queued, so no task is lost in a shutdown.
// Threads:  Submit from any thread, tasks included.
// Failures: an exception that leaves a task ends the task, not the thread: it is logged, counted
//           and told to `on_failure`. The task itself is told nothing, so whoever waits for it must
//           learn of it from what the task holds (http::Responder answers when it is destroyed), or
//           from `on_failure`.
// Limits:   at most queue_max tasks wait; Submit refuses more. GoOn refuses nothing: the owner
//           limits how many tasks begin, and each of them has one part in the queue at most.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "foundation/base/mutex.h"
#include "foundation/base/result.h"
#include "foundation/base/thread.h"

namespace arc {

class TaskPool {
 public:
  using Task = std::function<void()>;

  // Called on the pool's thread within the catch clause, before the task is destroyed;
  // ErrorOfException (base/exception_error.h) says what was thrown. If this throws too, that is
  // logged and dropped.
  using FailureListener = std::function<void()>;

  // Threads are named "<name>-0", "<name>-1", ...
  TaskPool(const std::string& name, std::size_t thread_count, std::size_t queue_max,
           FailureListener on_failure = {});
  TaskPool(const TaskPool&) = delete;
  TaskPool& operator=(const TaskPool&) = delete;
  ~TaskPool();  // closes, if Close() has not been called

  // Fails with kOverloaded when the queue is full, with kCancelled after Close; the task is then
  // not run.
  Result<void> Submit(Task task);

  // Queues the next part of a task that was accepted before; never refused. Call it before Close,
  // or from a task (the thread that runs the task is then still there to run the next part).
  void GoOn(Task task);

  std::size_t waiting_count() const;
  // Tasks that ended with an exception.
  std::uint64_t failed_count() const { return failed_count_; }

  // Runs what is queued, then joins the threads.
  void Close();

 private:
  void Loop(const std::string& thread_name);
  void Run(const Task& task, const std::string& thread_name) noexcept;

  const std::size_t queue_max_;
  const FailureListener on_failure_;
  std::atomic<std::uint64_t> failed_count_{0};
  mutable Mutex mutex_;
  Condition changed_;
  std::deque<Task> queue_ GUARDED_BY(mutex_);
  bool is_closed_ GUARDED_BY(mutex_) = false;
  std::vector<Thread> threads_;
};

}  // namespace arc
