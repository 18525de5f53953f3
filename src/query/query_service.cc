#include "query/query_service.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "base/json_text.h"
#include "model/names.h"
#include "query/json_rows.h"
#include "query/listing.h"

namespace arc::query {
namespace {

Error TimedOut() { return Error{ErrorCode::kDeadlinePassed, "Query timed out"}; }

}  // namespace

QueryService::QueryService(QueryLimits limits, engine::Engine& engine,
                           const catalog::Catalog& catalog, const buffer::LiveTables& tables,
                           Metrics& metrics)
    : limits_(limits),
      engine_(engine),
      catalog_(catalog),
      tables_(tables),
      requests_(metrics.AddCounter("arc_query_requests_total", "Queries received.")),
      success_(metrics.AddCounter("arc_query_success_total", "Queries answered.")),
      errors_(metrics.AddCounter("arc_query_errors_total", "Queries that failed.")),
      timeouts_(metrics.AddCounter("arc_query_timeouts_total", "Queries over query.timeout.")),
      rows_(metrics.AddCounter("arc_query_rows_total", "Rows in answers.")),
      cancelled_for_memory_(metrics.AddCounter("arc_queries_cancelled_for_memory_total",
                                               "Queries over query.reader_memory_budget.")),
      running_(tables, limits.reader_bytes_max),
      pool_("query", limits.running_max, limits.waiting_max) {}

void QueryService::Close() {
  running_.CancelAll();
  pool_.Close();
}

void QueryService::Run(ClientQuery query, Completion completion) {
  requests_.Add();
  const auto deadline = limits_.timeout.count() == 0
                            ? Clock::SteadyTime::max()
                            : std::chrono::steady_clock::now() + limits_.timeout;
  if (query.sql.size() > limits_.sql_bytes_max) {
    errors_.Add();
    return completion(Error{ErrorCode::kInvalidInput,
                            fmt::format("SQL of {} bytes exceeds query.max_sql_bytes ({})",
                                        query.sql.size(), limits_.sql_bytes_max)});
  }
  auto submitted = pool_.Submit([this, query = std::move(query), completion, deadline] {
    auto result = Answer(query, deadline);
    Count(result);
    completion(std::move(result));
  });
  if (!submitted.ok()) {
    errors_.Add();
    completion(std::move(submitted).TakeError());
  }
}

void QueryService::Count(const Result<JsonResult>& result) {
  if (result.ok()) {
    success_.Add();
    rows_.Add(result.value().row_count);
    return;
  }
  errors_.Add();
  if (result.error().code == ErrorCode::kDeadlinePassed) timeouts_.Add();
}

Result<JsonResult> QueryService::Answer(const ClientQuery& query, Clock::SteadyTime deadline) {
  if (std::chrono::steady_clock::now() >= deadline) return TimedOut();
  if (const auto show = ParseShow(query.sql)) return AnswerShow(*show, query);
  return AnswerFromEngine(query, deadline);
}

Result<JsonResult> QueryService::AnswerFromEngine(const ClientQuery& query,
                                                  Clock::SteadyTime deadline) {
  engine::QueryRequest request{query.sql, query.database, {}};
  if (!query.principal.Has(auth::Permission::kRead)) {
    request.may_read = [](std::string_view, std::string_view) { return false; };
  }
  const auto run = TRY(engine_.Start(request));
  const DeadlineWatch::Guard guard(deadlines_, deadline,
                                   [&run] { run->Interrupt(engine::InterruptReason::kDeadline); });
  const RunningQueries::Entry entry(
      running_, {[&run] { run->Interrupt(engine::InterruptReason::kCancelled); },
                 [&run] { return run->batches(); }});
  auto result = ReadAll(*run);
  if (result.ok() || result.error().code != ErrorCode::kCancelled) return result;
  const auto out_of_memory = entry.out_of_memory();
  if (!out_of_memory) return result;
  cancelled_for_memory_.Add();
  return *out_of_memory;
}

Result<JsonResult> QueryService::ReadAll(engine::QueryRun& run) const {
  JsonResult result;
  AppendJsonNames(result.columns, run.columns());
  for (;;) {
    auto next = run.Next();
    if (!next.ok()) {
      return next.error().code == ErrorCode::kDeadlinePassed ? TimedOut()
                                                             : std::move(next).TakeError();
    }
    const auto* chunk = next.value();
    if (chunk == nullptr) return result;
    if (result.row_count > 0) result.rows += ',';
    AppendJsonRows(result.rows, *chunk);
    result.row_count += chunk->row_count;
    if (result.rows.size() > limits_.result_bytes_max) {
      return Error{ErrorCode::kTooLarge,
                   fmt::format("the result exceeds query.max_result_bytes ({} bytes) after {} "
                               "rows: add a LIMIT, or ask for less at once",
                               limits_.result_bytes_max, result.row_count)};
    }
  }
}

JsonResult QueryService::AnswerShow(const ShowStatement& show, const ClientQuery& query) const {
  JsonResult result;
  const bool may_read = query.principal.Has(auth::Permission::kRead);
  const auto begin_row = [&] {
    if (result.row_count++ > 0) result.rows += ',';
  };
  if (show.what == ShowStatement::What::kDatabases) {
    result.columns = R"(["database"])";
    if (!may_read) return result;
    for (const auto& database : ListDatabases(catalog_, tables_)) {
      begin_row();
      result.rows += '[' + JsonString(database.name) + ']';
    }
    return result;
  }
  result.columns = R"(["database","table_name","storage_path","file_count","total_size_mb"])";
  if (!may_read) return result;
  auto database = show.database.empty() ? query.database : show.database;
  if (database.empty()) database = kDefaultDatabase;
  for (const auto& measurement : ListMeasurements(catalog_, tables_, database)) {
    begin_row();
    fmt::format_to(std::back_inserter(result.rows), "[{},{},{},{},{:.2f}]",
                   JsonString(measurement.database), JsonString(measurement.name),
                   JsonString(measurement.database + "/" + measurement.name),
                   measurement.file_count, static_cast<double>(measurement.byte_count) / 1e6);
  }
  return result;
}

}  // namespace arc::query
