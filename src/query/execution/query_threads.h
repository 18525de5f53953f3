// The threads that compute queries: a fixed number of them, a bounded queue before them, and a way
// on when one of them does not come back.
//
// A visit to the engine ends soon after it is interrupted, as a rule. Some do not: DuckDB plans
// without looking at interrupts, and one function may take hours over one value. C++ cannot end a
// thread from outside, so such a thread is given up: whoever waits for it is told, another thread
// takes its place, and it goes on when a core has nothing else to do. When it comes back after all,
// it ends.

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

// Lifetime: closed before what the tasks use goes away, unless Close() left threads behind.
// Threads:  any. Owned here: `query-N` and `query-watch`, which gives up.
// Limits:   queue_max tasks wait. At most given_up_max threads are replaced; what is given up
//           after that is missing, and when none is left Submit refuses.
class QueryThreads {
 public:
  using Task = std::function<void()>;
  struct Options {
    std::size_t thread_count;
    std::size_t queue_max;
    // How long a visit to the engine may last after it was told to stop.
    std::chrono::milliseconds patience{500};
    std::size_t given_up_max = 64;  // arbitrary: each may keep a core busy and memory taken
  };

  explicit QueryThreads(Options options);
  QueryThreads(const QueryThreads&) = delete;
  QueryThreads& operator=(const QueryThreads&) = delete;
  ~QueryThreads();  // Requires: Close() has been called.

  // Fails with kOverloaded when the queue is full or no thread is left, with kCancelled after
  // Close; the task is then not run. Tasks must not throw.
  Result<void> Submit(Task task);
  // Queues the next part of a task that was taken before: never refused. Before Close, or from a
  // task.
  void GoOn(Task task);

  // One query's visits to the engine, one at a time.
  //
  // Lifetime: in a shared object, which the thread inside the engine keeps alive.
  class Visits {
   public:
    // Of the query `id`; zero: of what has no number.
    explicit Visits(QueryThreads& threads, QueryId id = 0) : threads_(threads), id_(id) {}
    Visits(const Visits&) = delete;
    Visits& operator=(const Visits&) = delete;

    // Runs `visit` on the calling thread, which is of the pool; it must not throw. When it has not
    // returned `patience` after `stop_at`, the thread is given up and `instead` is called on
    // another: from then on the query belongs to that one, and whoever comes back with false must
    // touch nothing of it. `owner` is the shared object that holds this.
    bool Enter(Clock::SteadyTime stop_at, std::weak_ptr<void> owner, std::function<void()> instead,
               const std::function<void()>& visit);
    // The query was told to stop now: the visit in progress, and each later one, has `patience`.
    void Hurry();

   private:
    friend class QueryThreads;
    QueryThreads& threads_;
    const QueryId id_;
    // All under the mutex of threads_.
    bool is_hurried_ = false;
    std::optional<std::pair<Clock::SteadyTime, std::uint64_t>> key_;  // inside the engine
    std::weak_ptr<void> owner_;
    std::function<void()> instead_;
    void* worker_ = nullptr;
  };

  std::size_t waiting_count() const;
  // Threads that were given up and have not come back.
  std::size_t lost_count() const;
  struct LostQuery {
    QueryId id;
    Clock::SteadyTime since;  // when its thread was given up
  };
  // Of the threads that have not come back, by the number of the query.
  std::vector<LostQuery> lost_queries() const;
  std::uint64_t given_up_total() const;

  // Whether the calling thread is one of these, or of another pool.
  static bool IsOnThread();

  // Runs what is queued, then joins the threads; those that were given up are left behind, also
  // when they are given up only now. False when there are such: what they use must stay.
  bool Close();

 private:
  struct Worker {
    Thread thread;
    bool is_given_up = false;
    LostQuery lost{};  // once it is given up
    bool has_ended = false;
  };
  struct GivenUp {
    std::shared_ptr<void> owner;  // also when its thread comes back just now
    std::function<void()> instead;
  };
  using Key = std::pair<Clock::SteadyTime, std::uint64_t>;  // when, and a number of its own

  void AddWorkerLocked() REQUIRES(mutex_);
  void Work(Worker& self);
  Task TakeTask(Worker& self);
  void AddVisitLocked(Visits& visits, Clock::SteadyTime stop_at) REQUIRES(mutex_);
  void Watch();
  std::optional<GivenUp> WaitForGivenUp();
  // Takes the first visit out of the list and gives its thread up.
  GivenUp GiveUpFirstLocked() REQUIRES(mutex_);
  void ReapLocked() REQUIRES(mutex_);

  const Options options_;
  mutable Mutex mutex_;
  Condition changed_;        // queue_, is_closed_
  Condition watch_changed_;  // an earlier time in inside_, is_watch_over_
  Condition ended_;          // working_count_
  std::deque<Task> queue_ GUARDED_BY(mutex_);
  bool is_closed_ GUARDED_BY(mutex_) = false;
  bool is_watch_over_ GUARDED_BY(mutex_) = false;
  std::list<Worker> workers_ GUARDED_BY(mutex_);
  std::size_t next_worker_ GUARDED_BY(mutex_) = 0;
  std::size_t working_count_ GUARDED_BY(mutex_) = 0;  // neither given up nor ended
  std::size_t lost_count_ GUARDED_BY(mutex_) = 0;
  std::uint64_t given_up_total_ GUARDED_BY(mutex_) = 0;
  std::uint64_t next_visit_ GUARDED_BY(mutex_) = 0;
  std::map<Key, Visits*> inside_ GUARDED_BY(mutex_);
  Thread watch_;
};

}  // namespace arc::execution
