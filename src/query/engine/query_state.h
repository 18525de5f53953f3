// The inside of a QueryRun, with DuckDB's types.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "query/engine/chunk_converter.h"
#include "query/engine/duckdb/duckdb_api.h"
#include "query/engine/duckdb_instance.h"
#include "query/engine/engine.h"
#include "query/engine/scan/query_context.h"

namespace arc::engine {

// Threads: Interrupt() and batches() from any thread; everything else from one thread at a time.
struct QueryRun::State {
 public:
  State(std::shared_ptr<DuckDbInstance> instance, const QueryRequest& request,
        std::shared_ptr<QueryStop> stop);
  ~State();

  duckdb::ParserOptions parser_options() const { return connection_.context->GetParserOptions(); }
  // Applies the settings of the request. Fails with kInvalidInput for an unknown time zone.
  Result<void> Configure(const QueryRequest& request);
  // Plans `statement`, once.
  Result<void> Plan(duckdb::unique_ptr<duckdb::SQLStatement> statement);
  // Plans a statement that will not be run; instead of Plan.
  Result<void> Explain(duckdb::unique_ptr<duckdb::SQLStatement> statement);
  bool needs_new_pin() const { return context_->needs_new_pin(); }

  const std::vector<ResultColumnInfo>& columns() const { return converter_->columns(); }
  PlanFacts plan_facts() const { return context_->plan_facts(); }
  LeftOut left_out() const { return context_->left_out(); }
  Result<const ResultChunk*> Next(std::uint64_t rows_max);
  Result<bool> HasMore();
  buffer::BatchSet batches() const { return context_->batches(); }
  QueryStop& stop() { return stop_.stop(); }

 private:
  // Fetches a chunk unless there is one. Returns whether chunk_ has rows now. Fails as Next().
  Result<bool> Hold();
  // Fetches rows within the window (LIMIT and OFFSET) into chunk_; false at the end. Throws.
  bool Fetch();
  // The same without the window.
  bool FetchAny();
  // Computes until there is a chunk to fetch, or the end. Throws.
  void Compute(duckdb::StreamQueryResult& stream);
  // Throws the failure of a thread of DuckDB's, if there is one. Only while the executor exists.
  void ThrowFailureOfThread();
  // Begins the execution: turns pending_ into result_. Throws.
  void Execute();
  void SetWindow(duckdb::SQLStatement& statement);
  // Ends the query in DuckDB and gives the snapshot up.
  void Release();
  // Why the query failed. What we know ourselves counts more than DuckDB's error.
  Error Explain(const duckdb::ErrorData& error) const;
  bool IsStopped() const { return stop_.stop().reason().has_value(); }
  std::optional<Error> InterruptError() const;

  const std::shared_ptr<DuckDbInstance> instance_;
  const duckdb::shared_ptr<QueryContext> context_;
  const std::string sql_;  // as it was written, for hints in errors
  const std::uint64_t offset_;
  const std::optional<std::uint64_t> limit_;
  duckdb::Connection connection_;
  duckdb::unique_ptr<duckdb::PendingQueryResult> pending_;
  duckdb::unique_ptr<duckdb::QueryResult> result_;
  std::optional<ChunkConverter> converter_;
  duckdb::unique_ptr<duckdb::DataChunk> chunk_;  // rows not returned yet; null when there are none
  duckdb::unique_ptr<duckdb::DataChunk> given_;  // what the last Next() has returned
  bool is_finished_ = false;
  // What is left of the request's window, if it could not be pushed down into the plan.
  std::uint64_t rows_to_skip_ = 0;
  std::uint64_t rows_left_ = UINT64_MAX;
  duckdb::case_insensitive_map_t<duckdb::BoundParameterData> parameters_;
  std::optional<Error> failure_;    // the first failure: every later Next() returns it
  const QueryStopAttachment stop_;  // made last and destroyed first: it uses the connection
};

}  // namespace arc::engine
