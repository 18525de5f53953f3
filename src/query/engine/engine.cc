#include "query/engine/engine.h"

#include <list>
#include <optional>
#include <utility>

#include "foundation/base/log.h"
#include "foundation/base/mutex.h"
#include "foundation/model/names.h"
#include "query/engine/duckdb/duckdb_api.h"
#include "query/engine/duckdb/engine_error.h"
#include "query/engine/duckdb_instance.h"
#include "query/engine/guard/sql_hints.h"
#include "query/engine/guard/statement_guard.h"
#include "query/engine/query_state.h"
#include "query/engine/scan/snapshot_view.h"

namespace arc::engine {
namespace {

// Each try pins a newer snapshot. A query that a flush overtakes so often is on a machine that does
// nothing but flush.
constexpr int kPinTriesMax = 20;

}  // namespace

struct Engine::State {
 public:
  State(EngineOptions options_in, const catalog::Catalog& catalog_in,
        const buffer::LiveMeasurements& live_tables_in, Metrics& metrics)
      : queries(metrics.AddCounter("arc_db_queries_total", "SQL statements planned")),
        options_(std::move(options_in)),
        catalog_(catalog_in),
        live_measurements_(live_tables_in),
        files_opened_(
            metrics.AddCounter("arc_query_files_opened_total", "Parquet files opened by queries")),
        restarts_(metrics.AddCounter(
            "arc_engine_restarts_total",
            "Times that DuckDB was started anew: it failed inside, or a query did not stop")),
        instance_(MakeInstance()) {}

  // The instance for a new query. Throws DuckDB's exceptions.
  std::shared_ptr<DuckDbInstance> Instance() {
    std::list<Retired> over;  // closed after the lock is released
    const MutexLock lock(mutex_);
    if (instance_ && instance_->is_broken()) {
      RetireLocked();
      LogWarning("engine: DuckDB failed inside itself and is started anew");
    }
    if (!instance_) instance_ = MakeInstance();
    TakeOverLocked(over);
    return instance_;
  }

  void GiveUp(const std::weak_ptr<void>& given_up) {
    const auto instance = given_up.lock();
    const MutexLock lock(mutex_);
    if (instance == nullptr) return;
    if (instance == instance_) RetireLocked();
    for (auto& retired : retired_) {
      if (retired.instance == instance) retired.given_up_count++;
    }
  }

  // The error of a statement that was not planned; says so when its database does not exist.
  Error Explained(Error error, const QueryRequest& request) const {
    if (error.message.find("Table with name") == std::string::npos) return error;
    auto missing = MissingDatabaseIn(error.message);
    if (missing.empty()) missing = request.database;
    // A client that may not read everything must not learn which databases exist.
    if (missing.empty() || request.may_read) return error;
    const auto databases = SnapshotView(catalog_, live_measurements_).Databases();
    for (const auto& database : databases) {
      if (EqualIgnoringCase(database, missing)) return error;
    }
    return {error.code, NoSuchDatabase(missing, databases)};
  }

  Counter& queries;

 private:
  struct Retired {
    std::shared_ptr<DuckDbInstance> instance;
    long given_up_count = 0;  // how many of its queries were given up
  };

  // Queries that run on the instance keep it; new ones get another.
  void RetireLocked() REQUIRES(mutex_) {
    retired_.push_back({std::exchange(instance_, nullptr)});
    restarts_.Add();
  }

  // Moves to `over` the retired instances that can be closed without waiting: those without a query
  // and without a computing thread.
  void TakeOverLocked(std::list<Retired>& over) REQUIRES(mutex_) {
    for (auto next = retired_.begin(); next != retired_.end();) {
      const auto retired = next++;
      auto& threads = retired->instance->threads();
      const auto query_count = retired->instance.use_count() - 1;
      // When only queries that were given up are left, its threads get the lowest priority. Before
      // that, other queries may need them.
      if (query_count > 0 && query_count <= retired->given_up_count) threads.MakeIdle();
      if (query_count > 0) continue;
      threads.AskToEnd();
      if (threads.AreAllOver()) over.splice(over.end(), retired_, retired);
    }
  }

  std::shared_ptr<DuckDbInstance> MakeInstance() {
    return std::make_shared<DuckDbInstance>(options_, catalog_, live_measurements_, files_opened_);
  }

  const EngineOptions options_;
  const catalog::Catalog& catalog_;
  const buffer::LiveMeasurements& live_measurements_;
  Counter& files_opened_;
  Counter& restarts_;
  Mutex mutex_;
  std::shared_ptr<DuckDbInstance> instance_ GUARDED_BY(mutex_);  // null: the next query makes one
  std::list<Retired> retired_ GUARDED_BY(mutex_);
};

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::Open(EngineOptions options, const catalog::Catalog& catalog,
                                             const buffer::LiveMeasurements& live_measurements,
                                             Metrics& metrics) {
  try {
    auto state = std::make_unique<State>(std::move(options), catalog, live_measurements, metrics);
    return std::unique_ptr<Engine>(new Engine(std::move(state)));
  } catch (const std::exception& exception) {
    return Error{ErrorCode::kInternal, "The query engine does not start",
                 duckdb::ErrorData(exception).Message()};
  }
}

Result<std::unique_ptr<QueryRun>> Engine::Start(const QueryRequest& request) {
  auto planned = TRY(Plan(request, Purpose::kRun));
  return std::unique_ptr<QueryRun>(new QueryRun(std::move(planned)));
}

Result<PlanFacts> Engine::Explain(const QueryRequest& request) {
  return TRY(Plan(request, Purpose::kExplain))->plan_facts();
}

Result<std::unique_ptr<QueryRun::State>> Engine::Plan(const QueryRequest& request,
                                                      Purpose purpose) {
  state_->queries.Add();
  const auto stop = request.stop ? request.stop : std::make_shared<QueryStop>();
  for (int tries = 0; tries < kPinTriesMax; tries++) {
    std::unique_ptr<QueryRun::State> run;
    try {
      run = std::make_unique<QueryRun::State>(state_->Instance(), request, stop);
    } catch (const std::exception& exception) {
      return Error{ErrorCode::kInternal, "The query engine failed",
                   duckdb::ErrorData(exception).Message()};
    }
    TRY(run->Configure(request));
    auto parsed = ParseAllowed(request.sql, run->parser_options());
    if (!parsed.ok()) {
      auto error = parsed.error();
      error.message = WithHint(error.message, request.sql);
      return error;
    }
    auto statement = std::move(parsed.value());
    if (!request.may_name_databases) {
      TRY(CheckOneDatabase(*statement, request.database));
    }
    const auto planned = purpose == Purpose::kRun ? run->Plan(std::move(statement))
                                                  : run->Explain(std::move(statement));
    if (planned.ok()) return run;
    if (!run->needs_new_pin()) return state_->Explained(planned.error(), request);
  }
  return Error{ErrorCode::kOverloaded, "The server is busy writing files: try again"};
}

void Engine::GiveUp(const QueryStop& stop) {
  std::weak_ptr<void> instance;
  {
    const MutexLock lock(stop.mutex_);
    instance = stop.instance_;
  }
  state_->GiveUp(instance);
}

std::string Engine::Version() { return duckdb::DuckDB::LibraryVersion(); }

}  // namespace arc::engine
