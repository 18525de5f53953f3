// The running side of a QueryRun, with DuckDB's types.

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
  // Settings of the request. Fails with kInvalidInput when there is no such time zone.
  Result<void> Configure(const QueryRequest& request);
  // Plans `statement`, once.
  Result<void> Plan(duckdb::unique_ptr<duckdb::SQLStatement> statement);
  // The same instead, for a run that is not run.
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
  // Whether chunk_ has rows of the window, after fetching them if need be. Fails as Next().
  Result<bool> Hold();
  // Fetches rows of the window into chunk_; false at the end. Throws.
  bool Fetch();
  // The same without the window.
  bool FetchAny();
  // Until there is a chunk to fetch, the end or an error. Throws.
  void Compute(duckdb::StreamQueryResult& stream);
  // If there is one. Only while the query has its executor.
  void ThrowFailureOfThread();
  // pending_ → result_. Throws.
  void Execute();
  void SetWindow(duckdb::SQLStatement& statement);
  // Lets go of the snapshot.
  void Release();
  // Why the query failed: what is known of it comes before what DuckDB says.
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
  duckdb::unique_ptr<duckdb::DataChunk> chunk_;  // rows that were not given out; null: none
  duckdb::unique_ptr<duckdb::DataChunk> given_;  // what the last Next() shows
  bool is_finished_ = false;
  // Of the request's window, as far as it could not be pushed down; changed as rows are read.
  std::uint64_t rows_to_skip_ = 0;
  std::uint64_t rows_left_ = UINT64_MAX;
  duckdb::case_insensitive_map_t<duckdb::BoundParameterData> parameters_;
  std::optional<Error> failure_;    // what Next() answers from then on
  const QueryStopAttachment stop_;  // the last to come, the first to go: it uses the connection
};

}  // namespace arc::engine
