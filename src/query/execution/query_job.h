// One query of a client, from its arrival to the last byte of its answer.

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "foundation/base/metrics.h"
#include "foundation/base/mutex.h"
#include "foundation/time/clock.h"
#include "query/execution/client_query.h"
#include "query/execution/cursors.h"
#include "query/execution/deadline_watch.h"
#include "query/execution/open_run.h"
#include "query/execution/query_log.h"
#include "query/execution/query_threads.h"
#include "query/execution/result_sink.h"
#include "query/execution/row_source.h"
#include "query/execution/running_queries.h"

namespace arc::execution {

struct QueryLimits {
  std::size_t running_max;  // queries at the same time, each on a thread of its own
  std::size_t waiting_max;  // past that, kOverloaded
  std::chrono::milliseconds waiting_timeout;  // past that, kOverloaded
  std::chrono::milliseconds timeout;  // of computing, from the first step to the last; zero: none
  std::uint64_t rows_max;             // of one answer; zero: none
  std::uint64_t rows_default;         // of an answer whose client set no limit; zero: none
  std::size_t cursors_max;            // that are open at the same time
  std::chrono::milliseconds cursor_timeout;  // without a page being asked for
  std::size_t sql_bytes_max;
  std::size_t reader_bytes_max;  // of flushed rows that queries keep in memory, all together
  std::size_t history_max;       // queries that have ended and are still listed
  std::chrono::milliseconds slow_threshold;  // longer ones are logged; zero: none
};

// What jobs share. Outlives them.
struct QueryParts {
  const QueryLimits& limits;
  engine::Engine& engine;
  const catalog::Catalog& catalog;
  const buffer::LiveTables& tables;
  DeadlineWatch& deadlines;
  RunningQueries& running;
  Cursors& cursors;
  QueryLog& log;
  QueryThreads& threads;
  Counter& success;
  Counter& errors;
  Counter& timeouts;
  Counter& rows;
  Counter& slow;
  Counter& cancelled_for_memory;
  std::function<void(QueryId)> on_end;
  std::function<void(std::shared_ptr<OpenRun>)> let_go;  // on a query thread, later
};

// A job computes on a query thread while its sink takes rows. When the sink has enough it gives the
// thread back and waits, with its snapshot, until the sink wants more: a slow reader costs memory,
// not a thread. Time is counted while it plans and computes.
//
// Its thread may be given up while it is inside the engine (QueryThreads). The job then fails on
// another thread, and the one that comes back must not touch it: AskEngine says so.
//
// Lifetime: shared by the tasks and callbacks that will go on with it.
// Threads:  Cancel from any; the rest is its own affair.
class QueryJob : public std::enable_shared_from_this<QueryJob> {
 public:
  QueryJob(const QueryParts& parts, QueryId id, ClientQuery query,
           std::shared_ptr<ResultSink> sink);

  // Queues it, once.
  void Submit();
  // Ends it with kCancelled unless it has ended. Does not wait.
  void Cancel();

 private:
  enum class State {
    kQueued,   // a task will go on with it
    kRunning,  // a thread computes
    kPaused,   // the sink has enough
    kEnded,
  };

  // A part of the work, on a query thread.
  void Step();
  void TryStep();
  // An exception of a library left the step: the query fails, the thread goes on.
  void FailStep(const Error& error);
  // Calls the engine. Fails with kCancelled when this thread was given up meanwhile: is_given_up_.
  template <class T>
  Result<T> AskEngine(const std::shared_ptr<engine::QueryStop>& stop,
                      const std::function<Result<T>()>& ask);
  // On the thread that watches.
  void OnGivenUp(const engine::QueryStop& stop);
  // Has a task go on with it, unless one will anyway.
  void Resume();
  // Its time in the queue is over.
  void StopWaiting();
  Result<void> Start();
  Result<void> OpenCursor();
  Result<void> ReadOnCursor();
  // Until the sink has enough (nothing is answered then) or there are no more rows.
  std::optional<Result<void>> SendRows();
  bool HasStarted() const { return run_ != nullptr; }
  Result<std::unique_ptr<RowSource>> OpenSource();
  engine::QueryRequest EngineRequest() const;
  // What `failed` means to the client.
  Error Explain(Error failed) const;
  void Complete();
  // The run goes back to the cursor, or to its end.
  void PutCursor();
  // Has the sink send what is left, when there `is_more`.
  void SendRest(bool is_more);
  void Fail(const Error& error);
  // Lets go of the snapshot, then goes on with `then`, here or on another thread.
  void Release(std::function<void()> then);
  void RecordEnd(QueryStatus status, const std::string& error);

  const QueryParts& parts_;
  const QueryId id_;
  const ClientQuery query_;
  const std::shared_ptr<ResultSink> sink_;
  const std::optional<std::uint64_t> row_cap_;
  // Of the run that this job starts; one that a cursor brings has its own.
  const std::shared_ptr<engine::QueryStop> stop_ = std::make_shared<engine::QueryStop>();
  QueryThreads::Visits visits_;
  std::atomic<bool> is_given_up_{false};

  Mutex mutex_;
  State state_ GUARDED_BY(mutex_) = State::kQueued;
  bool is_cancelled_ GUARDED_BY(mutex_) = false;
  bool is_resumed_ GUARDED_BY(mutex_) = false;  // while it ran
  std::shared_ptr<OpenRun> run_;                // changed under mutex_, by the thread that computes

  // Of whoever computes.
  std::chrono::nanoseconds time_left_;
  std::uint64_t rows_left_ = 0;  // that may be sent
  std::uint64_t row_count_ = 0;
  bool has_more_ = false;
  QueryProfile profile_;
  std::optional<DeadlineWatch::Guard> waiting_guard_;
  std::string cursor_name_;  // empty: the rows are not read by pages
  Cursor cursor_;
};

}  // namespace arc::execution
