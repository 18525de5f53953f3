// Runs the queries of clients: who waits, who runs, for how long, and how large an answer may be.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "auth/principal.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "base/task_pool.h"
#include "buffer/live_tables.h"
#include "catalog/catalog.h"
#include "engine/engine.h"
#include "query/deadline_watch.h"
#include "query/running_queries.h"
#include "query/show_statement.h"

namespace arc::query {

struct QueryLimits {
  std::size_t running_max;            // queries at the same time, each on a thread of its own
  std::size_t waiting_max;            // past that, kOverloaded
  std::chrono::milliseconds timeout;  // from arrival to the last row; zero: none
  std::size_t result_bytes_max;       // of the JSON of all rows; past that, kTooLarge
  std::size_t sql_bytes_max;
  std::size_t reader_bytes_max;  // of flushed rows that queries keep in memory, all together
};

struct ClientQuery {
  std::string sql;
  std::string database;  // what unqualified names mean; "" is the default database
  auth::Principal principal;
};

// The parts of a JSON answer.
struct JsonResult {
  std::string columns;  // ["time","v"]
  std::string rows;     // [..],[..]
  std::uint64_t row_count = 0;
};

// Lifetime: built after the engine, closed before it.
// Threads:  Run from any thread. Queries run on threads "query-N" owned here.
class QueryService {
 public:
  // Called once, on a query thread, or by Run itself when it refuses.
  using Completion = std::function<void(Result<JsonResult>)>;

  QueryService(QueryLimits limits, engine::Engine& engine, const catalog::Catalog& catalog,
               const buffer::LiveTables& tables, Metrics& metrics);

  // Fails with what Engine and QueryRun fail with, and with the codes named in QueryLimits.
  void Run(ClientQuery query, Completion completion);

  // After rows were let go by the buffers: cancels the oldest queries that keep such rows, which
  // fail with kOverloaded, until the rest are within `reader_bytes_max`. From any thread, until the
  // destructor; does not wait.
  void LimitReaderMemory() { running_.LimitMemory(); }

  // Cuts off the queries that wait or run, which fail with kCancelled, and joins the threads.
  void Close();

 private:
  Result<JsonResult> Answer(const ClientQuery& query, Clock::SteadyTime deadline);
  Result<JsonResult> AnswerFromEngine(const ClientQuery& query, Clock::SteadyTime deadline);
  Result<JsonResult> ReadAll(engine::QueryRun& run) const;
  JsonResult AnswerShow(const ShowStatement& show, const ClientQuery& query) const;
  void Count(const Result<JsonResult>& result);

  const QueryLimits limits_;
  engine::Engine& engine_;
  const catalog::Catalog& catalog_;
  const buffer::LiveTables& tables_;
  Counter& requests_;
  Counter& success_;
  Counter& errors_;
  Counter& timeouts_;
  Counter& rows_;
  Counter& cancelled_for_memory_;
  DeadlineWatch deadlines_;
  RunningQueries running_;
  TaskPool pool_;  // last: its threads use all of the above
};

}  // namespace arc::query
