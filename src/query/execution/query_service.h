// Runs the queries of clients: who waits, who runs, for how long, and how many rows they may have.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "data/buffer/live_tables.h"
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
               const buffer::LiveTables& tables, const Clock& clock, Metrics& metrics);
  QueryService(const QueryService&) = delete;
  QueryService& operator=(const QueryService&) = delete;
  ~QueryService();

  // The number of a query that will be Run.
  QueryId NextId() { return log_.NextId(); }

  // Runs it and tells `sink`, on a query thread or, when it refuses, at once. Fails with what
  // Engine and QueryRun fail with, and with the codes named in QueryLimits.
  void Run(QueryId id, ClientQuery query, std::shared_ptr<ResultSink> sink);

  // False when no such query waits or runs. Does not wait for its end.
  bool Cancel(QueryId id);

  // Closes the cursor that `token` names. Fails as Cursors::Drop.
  Result<void> CloseCursor(std::string_view token, std::int64_t owner) {
    return cursors_.Drop(token, owner);
  }

  const QueryLog& log() const { return log_; }

  // After rows were let go by the buffers: cancels the oldest queries that keep such rows, which
  // fail with kOverloaded, until the rest are within `reader_bytes_max`. From any thread, until the
  // destructor; does not wait.
  void LimitReaderMemory() { running_.LimitMemory(); }

  // What is wrong just now, one sentence each, for people.
  std::vector<std::string> Problems() const;

  // Cuts off the queries that wait or run, which fail with kCancelled, and joins the threads. Those
  // that do not stop within a second are left behind: false, and then all that queries use must
  // stay until the process ends.
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
