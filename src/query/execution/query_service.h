// Runs the queries of clients, within the limits on waiting, running, time and rows.
//
// Each query is a QueryJob. The service keeps it in `jobs_` until it ends, so that it can be
// cancelled by its number. What the jobs share lives here, in this order: the deadlines, the list
// of running queries with their limit on memory, the cursors, the threads.
//
// Close first closes the cursors and cancels all running queries and jobs, then waits for the
// threads. A thread that does not come back from the engine is left behind, and then everything
// that queries use must stay until the process ends.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "data/buffer/live_measurements.h"
#include "data/catalog/catalog.h"
#include "foundation/base/metrics.h"
#include "foundation/base/mutex.h"
#include "foundation/time/clock.h"
#include "query/engine/engine.h"
#include "query/execution/client_query.h"
#include "query/execution/cursors.h"
#include "query/execution/deadline_watch.h"
#include "query/execution/query_job.h"
#include "query/execution/query_log.h"
#include "query/execution/query_threads.h"
#include "query/execution/result_sink.h"
#include "query/execution/running_queries.h"

namespace arc::execution {

// Lifetime: built after the engine, closed before it.
// Threads:  any thread may call anything. Queries run on threads "query-N" owned here.
class QueryService {
 public:
  QueryService(QueryLimits limits, engine::Engine& engine, const catalog::Catalog& catalog,
               const buffer::LiveMeasurements& tables, const Clock& clock, Metrics& metrics);
  QueryService(const QueryService&) = delete;
  QueryService& operator=(const QueryService&) = delete;
  ~QueryService();

  // The number for a query that is then given to Run.
  QueryId NextId() { return log_.NextId(); }

  // Runs the query. `sink` gets the answer, on a query thread, or at once when the query is
  // refused. The query fails as Engine and QueryRun fail, and with the codes named in QueryLimits.
  void Run(QueryId id, ClientQuery query, std::shared_ptr<ResultSink> sink);

  // Returns false when no such query waits or runs. Does not wait for the query's end.
  bool Cancel(QueryId id);

  // Closes the cursor that `token` names. Fails as Cursors::Drop.
  Result<void> CloseCursor(std::string_view token, std::int64_t owner) {
    return cursors_.Drop(token, owner);
  }

  const QueryLog& log() const { return log_; }

  // Call it after the buffers have given up rows. Cancels the oldest queries that still keep such
  // rows (they fail with kOverloaded) until the others keep at most `reader_bytes_max`. From
  // any thread; does not wait.
  void LimitReaderMemory() { running_.LimitMemory(); }

  // What is wrong at the moment, in sentences for people.
  std::vector<std::string> Problems() const;

  // Cancels the queries that wait or run (they fail with kCancelled) and joins the threads. Returns
  // false when a thread did not stop in time and was left behind: everything that queries use must
  // then stay until the process ends.
  bool Close();

 private:
  void LetGo(std::shared_ptr<OpenRun> run);
  void AddGauges(Metrics& metrics);

  const QueryLimits limits_;
  Counter& requests_;
  QueryLog log_;
  DeadlineWatch deadlines_;
  RunningQueries running_;
  Cursors cursors_;
  Mutex mutex_;
  std::map<QueryId, std::shared_ptr<QueryJob>> jobs_ GUARDED_BY(mutex_);
  engine::Engine& engine_;
  QueryThreads threads_;
  const QueryParts parts_;
};

}  // namespace arc::execution
