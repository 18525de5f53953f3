// One query of a client, from its arrival to the last byte of its answer.
//
// 1. Submit queues the job. A guard refuses it (kOverloaded) when it waits longer than
//    waiting_timeout.
// 2. A query thread takes it (Step): it plans the query, which pins a snapshot, or takes a cursor.
// 3. It asks the engine for chunks and gives them to the sink, on the same thread, until the rows
//    end, the page is full, or the sink has enough. In the last case the job pauses: the thread is
//    free for others, and the job keeps only its run. When the sink wants more, it calls Resume,
//    which queues the job again. So a slow reader costs memory, not a thread.
// 4. At the end, good or bad, Release gives the run up first, because it pins memory and files;
//    then the query log and the sink are told. A job with a page left puts its run back as a
//    cursor.
//
// Only a thread that has moved the state from kQueued to kRunning touches the fields of the lower
// part. Cancel, deadlines and the limit on memory only set flags and interrupt the engine; the job
// then ends by itself. Two cases are different:
// - The job is still in the queue when its waiting time is over: the `deadlines` thread ends it.
// - A call of the engine does not come back after it was told to stop: `query-watch` gives that
//   thread up and ends the job (OnGivenUp). From then on the job belongs to `query-watch`; the lost
//   thread, if it ever returns, sees is_given_up_ and touches nothing.
// An exception that leaves a step fails the query; the thread goes on.

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
  std::size_t waiting_max;  // more are refused with kOverloaded
  std::chrono::milliseconds waiting_timeout;  // then a query is refused with kOverloaded
  std::chrono::milliseconds timeout;  // of planning and computing, without waiting; zero: no limit
  std::uint64_t rows_max;             // of one answer; zero: no limit
  std::uint64_t rows_default;         // of an answer whose client set no limit; zero: no limit
  std::size_t cursors_max;            // open at the same time
  std::chrono::milliseconds cursor_timeout;  // a cursor without a request expires after it
  std::size_t sql_bytes_max;
  std::size_t reader_bytes_max;  // of flushed rows that queries keep in memory, all together
  std::size_t history_max;       // ended queries that are still listed
  std::chrono::milliseconds slow_threshold;  // longer queries are logged; zero: never
};

// What all jobs share. Outlives them.
struct QueryParts {
  const QueryLimits& limits;
  engine::Engine& engine;
  const catalog::Catalog& catalog;
  const buffer::LiveMeasurements& tables;
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
  std::function<void(std::shared_ptr<OpenRun>)> let_go;  // destroys it later, on a query thread
};

// Lifetime: shared by the tasks and callbacks that will continue it.
// Threads:  Submit by its maker, once; Cancel from any thread.
class QueryJob : public std::enable_shared_from_this<QueryJob> {
 public:
  QueryJob(const QueryParts& parts, QueryId id, ClientQuery query,
           std::shared_ptr<ResultSink> sink);

  // Queues the job. Call it once.
  void Submit();
  // Makes the job end with kCancelled unless it has ended. Does not wait.
  void Cancel();

 private:
  enum class State {
    kQueued,   // a task in the queue will continue it
    kRunning,  // a thread works on it
    kPaused,   // the sink has enough
    kEnded,
  };

  // A part of the work, on a query thread.
  void Step();
  void TryStep();
  // Called when an exception left a step.
  void FailStep(const Error& error);
  // Calls the engine. When this thread was given up meanwhile, is_given_up_ is true and the error
  // means nothing.
  template <class T>
  Result<T> AskEngine(const std::shared_ptr<engine::QueryStop>& stop,
                      const std::function<Result<T>()>& ask);
  // Called on `query-watch`.
  void OnGivenUp(const engine::QueryStop& stop);
  // Queues the job if it is paused; if it runs, it will not pause.
  void Resume();
  // Called when its time in the queue is over.
  void StopWaiting();
  Result<void> Start();
  Result<void> OpenCursor();
  Result<void> ReadOnCursor();
  // Sends rows. Returns nothing when the sink has enough, else how it ended: all rows were sent, or
  // an error.
  std::optional<Result<void>> SendRows();
  bool HasStarted() const { return run_ != nullptr; }
  Result<std::unique_ptr<RowSource>> OpenSource();
  engine::QueryRequest EngineRequest() const;
  // The error for the client.
  Error Explain(Error failed) const;
  void Complete();
  // Gives the run back to the cursor, or closes it when there are no more rows.
  void PutCursor();
  // If there `is_more`, asks the sink to send it as soon as it can.
  void SendRest(bool is_more);
  void Fail(const Error& error);
  // Gives up the run with its snapshot, then calls `then`, here or on another thread.
  void Release(std::function<void()> then);
  void RecordEnd(QueryStatus status, const std::string& error);

  const QueryParts& parts_;
  const QueryId id_;
  const ClientQuery query_;
  const std::shared_ptr<ResultSink> sink_;
  const std::optional<std::uint64_t> row_cap_;
  // For the run that this job starts; a run from a cursor has its own.
  const std::shared_ptr<engine::QueryStop> stop_ = std::make_shared<engine::QueryStop>();
  QueryThreads::Visits visits_;
  std::atomic<bool> is_given_up_{false};

  Mutex mutex_;
  State state_ GUARDED_BY(mutex_) = State::kQueued;
  bool is_cancelled_ GUARDED_BY(mutex_) = false;
  bool is_resumed_ GUARDED_BY(mutex_) = false;  // Resume was called while it ran
  std::shared_ptr<OpenRun> run_;                // changed under mutex_, by the working thread

  // Touched only by the thread that works on the job.
  std::chrono::nanoseconds time_left_;
  std::uint64_t rows_left_ = 0;  // how many more may be sent
  std::uint64_t row_count_ = 0;
  bool has_more_ = false;
  QueryProfile profile_;
  std::optional<DeadlineWatch::Guard> waiting_guard_;
  std::string cursor_name_;  // empty: the rows are not read by pages
  Cursor cursor_;
};

}  // namespace arc::execution
