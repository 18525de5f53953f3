// The threads that compute queries: a fixed number of them, a bounded queue before them, and a
// replacement for a thread that does not come back from the engine.
//
// A call of the engine, here called a visit, usually ends soon after it is interrupted. Some do
// not: DuckDB plans without looking at interrupts, and one function may work for hours on one
// value. C++ cannot end a thread from outside. So:
// - Each visit has a time by which it must be over: `stop_at` plus `patience`. All visits are in a
//   list, ordered by that time.
// - `query-watch` waits for the earliest time. If that visit is still in the list then, its thread
//   is given up: it gets the lowest priority, a new thread takes its place, and `instead` is called
//   on `query-watch`. From that moment the query belongs to `instead`.
// - A thread that was given up may come back later. Enter then returns false, the thread must not
//   touch the query, and it ends.
// Whether a visit has ended or was given up is decided under one lock, so exactly one of the two
// sides goes on with the query.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "foundation/base/mutex.h"
#include "foundation/base/result.h"
#include "foundation/base/thread.h"
#include "foundation/time/clock.h"
#include "query/execution/query_log.h"

namespace arc::execution {

// Lifetime: closed before what the tasks use is destroyed; if Close() left threads behind, that
//           must never be destroyed.
// Threads:  any. Owned here: `query-N` and `query-watch`.
// Limits:   queue_max tasks wait. Up to given_up_max threads at a time are replaced; threads given
//           up beyond that are missing, and when no thread is left Submit refuses.
class QueryThreads {
 public:
  using Task = std::function<void()>;
  struct Options {
    std::size_t thread_count;
    std::size_t queue_max;
    // How long a visit may last after it was told to stop.
    std::chrono::milliseconds patience{500};
    std::size_t given_up_max = 64;  // arbitrary: each may keep a core busy and hold memory
  };

  explicit QueryThreads(Options options);
  QueryThreads(const QueryThreads&) = delete;
  QueryThreads& operator=(const QueryThreads&) = delete;
  ~QueryThreads();  // Requires: Close() has been called.

  // Fails with kOverloaded when the queue is full or no thread is left, with kCancelled after
  // Close; the task is then not run. Tasks must not throw.
  Result<void> Submit(Task task);
  // Queues the next part of a task that was accepted before; never refused. Call it before Close,
  // or from a task.
  void GoOn(Task task);

  // The visits of one query, one at a time.
  //
  // Lifetime: part of a shared object, which the thread inside the engine keeps alive.
  class Visits {
   public:
    // `id` is the query's number; zero for work that has no number.
    explicit Visits(QueryThreads& threads, QueryId id = 0) : threads_(threads), id_(id) {}
    Visits(const Visits&) = delete;
    Visits& operator=(const Visits&) = delete;

    // Runs `visit`, which must not throw, on the calling thread, which must be one of the pool.
    // Returns true when `visit` came back in time. When it does not come back until `patience`
    // after `stop_at`, the thread is given up and `instead` is called on `query-watch`; this call
    // returns false if it ever returns, and the caller must not touch the query any more. `owner`
    // is the shared object that holds this.
    bool Enter(Clock::SteadyTime stop_at, std::weak_ptr<void> owner, std::function<void()> instead,
               const std::function<void()>& visit);
    // Call it when the query was told to stop: the visit in progress, and each later one, may then
    // last for `patience`.
    void Hurry();

   private:
    friend class QueryThreads;
    QueryThreads& threads_;
    const QueryId id_;
    // All these fields are guarded by the mutex of threads_.
    bool is_hurried_ = false;
    std::optional<std::pair<Clock::SteadyTime, std::uint64_t>> key_;  // set during a visit
    std::weak_ptr<void> owner_;
    std::function<void()> instead_;
    void* worker_ = nullptr;
  };

  std::size_t waiting_count() const;
  // How many threads were given up and have not come back.
  std::size_t lost_count() const;
  struct LostQuery {
    QueryId id;
    Clock::SteadyTime since;  // when its thread was given up
  };
  // The queries of these threads, ordered by number.
  std::vector<LostQuery> lost_queries() const;
  std::uint64_t given_up_total() const;

  // Whether the calling thread belongs to a pool of this kind.
  static bool IsOnThread();

  // Runs what is queued, then joins the threads. Threads that were given up, before or meanwhile,
  // are left behind: it returns false then, and what they use must stay.
  bool Close();

 private:
  struct Worker {
    Thread thread;
    bool is_given_up = false;
    LostQuery lost{};  // set when it is given up
    bool has_ended = false;
  };
  struct GivenUp {
    std::shared_ptr<void> owner;  // keeps the query alive, even if its thread comes back now
    std::function<void()> instead;
  };
  using Key = std::pair<Clock::SteadyTime, std::uint64_t>;  // when it must be over, unique number

  void AddWorkerLocked() REQUIRES(mutex_);
  void Work(Worker& self);
  Task TakeTask(Worker& self);
  void AddVisitLocked(Visits& visits, Clock::SteadyTime stop_at) REQUIRES(mutex_);
  void Watch();
  std::optional<GivenUp> WaitForGivenUp();
  // Takes the visit with the earliest time out of the list and gives its thread up.
  GivenUp GiveUpFirstLocked() REQUIRES(mutex_);
  void ReapLocked() REQUIRES(mutex_);

  const Options options_;
  mutable Mutex mutex_;
  Condition changed_;        // of queue_ and is_closed_
  Condition watch_changed_;  // an earlier time in inside_, or is_watch_over_
  Condition ended_;          // working_count_ has changed
  std::deque<Task> queue_ GUARDED_BY(mutex_);
  bool is_closed_ GUARDED_BY(mutex_) = false;
  bool is_watch_over_ GUARDED_BY(mutex_) = false;
  std::list<Worker> workers_ GUARDED_BY(mutex_);
  std::size_t next_worker_ GUARDED_BY(mutex_) = 0;
  std::size_t working_count_ GUARDED_BY(mutex_) = 0;  // threads not given up and not ended
  std::size_t lost_count_ GUARDED_BY(mutex_) = 0;
  std::uint64_t given_up_total_ GUARDED_BY(mutex_) = 0;
  std::uint64_t next_visit_ GUARDED_BY(mutex_) = 0;
  std::map<Key, Visits*> inside_ GUARDED_BY(mutex_);
  Thread watch_;
};

}  // namespace arc::execution
