#include "query/execution/query_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "foundation/base/check.h"

namespace arc::execution {
namespace {

// More names would hide the other problems of /health.
constexpr std::size_t kLostNamedMax = 5;

}  // namespace

QueryService::QueryService(QueryLimits limits, engine::Engine& engine,
                           const catalog::Catalog& catalog, const buffer::LiveMeasurements& tables,
                           const Clock& clock, Metrics& metrics)
    : limits_(limits),
      requests_(metrics.AddCounter("arc_query_requests_total", "Queries received.")),
      log_(limits.history_max, clock),
      running_(tables, limits.reader_bytes_max),
      cursors_(
          limits.cursors_max, limits.cursor_timeout, deadlines_,
          [this](std::function<void()> errand) { threads_.GoOn(std::move(errand)); },
          [this](std::shared_ptr<OpenRun> run) { LetGo(std::move(run)); }, metrics),
      engine_(engine),
      threads_({.thread_count = limits.running_max, .queue_max = limits.waiting_max}),
      parts_{limits_,
             engine,
             catalog,
             tables,
             deadlines_,
             running_,
             cursors_,
             log_,
             threads_,
             metrics.AddCounter("arc_query_success_total", "Queries answered."),
             metrics.AddCounter("arc_query_errors_total", "Queries that failed."),
             metrics.AddCounter("arc_query_timeouts_total", "Queries over query.timeout."),
             metrics.AddCounter("arc_query_rows_total", "Rows in answers."),
             metrics.AddCounter("arc_slow_queries_total",
                                "Queries over query.slow_query_threshold_ms."),
             metrics.AddCounter("arc_queries_cancelled_for_memory_total",
                                "Queries over query.reader_memory_budget."),
             [this](QueryId id) {
               std::shared_ptr<QueryJob> job;  // destroyed after the lock is released
               MutexLock lock(mutex_);
               const auto found = jobs_.find(id);
               if (found == jobs_.end()) return;
               job = std::move(found->second);
               jobs_.erase(found);
             },
             [this](std::shared_ptr<OpenRun> run) { LetGo(std::move(run)); }} {
  AddGauges(metrics);
}

QueryService::~QueryService() {
  CHECK(Close(), "the queries are destroyed while a thread is lost in one of them");
}

void QueryService::AddGauges(Metrics& metrics) {
  metrics.AddGauge("arc_query_threads_lost",
                   "Threads inside the engine that do not stop; each was replaced.",
                   [this] { return static_cast<double>(threads_.lost_count()); });
  metrics.AddGauge("arc_queries_given_up_total",
                   "Queries that did not stop within half a second of being told to.",
                   [this] { return static_cast<double>(threads_.given_up_total()); });
}

std::vector<std::string> QueryService::Problems() const {
  const auto lost = threads_.lost_queries();
  if (lost.empty()) return {};
  std::string ids;
  for (std::size_t i = 0; i < std::min(lost.size(), kLostNamedMax); i++) {
    ids += fmt::format("{}{}", i == 0 ? "" : ", ", lost[i].id);
  }
  if (lost.size() > kLostNamedMax) ids += ", ...";
  const auto oldest = std::ranges::min(lost, {}, &QueryThreads::LostQuery::since).since;
  const std::chrono::duration<double> longest = std::chrono::steady_clock::now() - oldest;
  return {fmt::format(
      "{} queries do not stop ({} in /api/v1/queries/history), the oldest for {:.0f} s: their "
      "clients were answered, but they keep a core busy when it is free, and memory; a restart of "
      "the server ends them",
      lost.size(), ids, longest.count())};
}

void QueryService::LetGo(std::shared_ptr<OpenRun> run) {
  auto held = std::make_shared<std::shared_ptr<OpenRun>>(std::move(run));
  threads_.GoOn([this, held] {
    const auto visits = std::make_shared<QueryThreads::Visits>(threads_);
    const auto give_up = [this, stop = (*held)->stop()] {
      if (stop) engine_.GiveUp(*stop);
    };
    visits->Enter(std::chrono::steady_clock::now(), visits, give_up, [&] { held->reset(); });
  });
}

void QueryService::Run(QueryId id, ClientQuery query, std::shared_ptr<ResultSink> sink) {
  requests_.Add();
  log_.Begin({.id = id,
              .sql = query.sql,
              .principal = query.principal.name,
              .client_address = query.client_address});
  if (query.sql.size() > limits_.sql_bytes_max) {
    parts_.errors.Add();
    const Error error{ErrorCode::kInvalidInput,
                      fmt::format("SQL of {} bytes exceeds query.max_sql_bytes ({})",
                                  query.sql.size(), limits_.sql_bytes_max)};
    log_.End(id, QueryStatus::kFailed, 0, error.message);
    return sink->Fail(error, 0);
  }
  const auto job = std::make_shared<QueryJob>(parts_, id, std::move(query), std::move(sink));
  {
    MutexLock lock(mutex_);
    jobs_.emplace(id, job);
  }
  job->Submit();
}

bool QueryService::Cancel(QueryId id) {
  std::shared_ptr<QueryJob> job;
  {
    MutexLock lock(mutex_);
    const auto found = jobs_.find(id);
    if (found == jobs_.end()) return false;
    job = found->second;
  }
  job->Cancel();
  return true;
}

bool QueryService::Close() {
  cursors_.Close();
  running_.CancelAll();
  std::vector<std::shared_ptr<QueryJob>> jobs;
  {
    MutexLock lock(mutex_);
    for (const auto& [id, job] : jobs_) jobs.push_back(job);
  }
  for (const auto& job : jobs) job->Cancel();
  return threads_.Close();
}

}  // namespace arc::execution
