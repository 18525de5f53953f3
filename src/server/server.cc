#include "server/server.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "api/database_routes.h"
#include "api/flush_routes.h"
#include "api/health_routes.h"
#include "api/import_routes.h"
#include "api/query_routes.h"
#include "api/write_routes.h"
#include "auth/authenticator.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/task_pool.h"
#include "buffer/live_tables.h"
#include "catalog/catalog.h"
#include "engine/engine.h"
#include "fs/file_system.h"
#include "http/server.h"
#include "query/query_service.h"
#include "server/data_directory.h"
#include "storage/file_publisher.h"
#include "storage/file_stager.h"
#include "storage/flusher.h"
#include "storage/import_file.h"
#include "storage/startup_sweep.h"
#include "write/sequencer.h"
#include "write/writer.h"

namespace arc {
namespace {

using std::chrono::milliseconds;

// Requests that block on disk: imports, listings, flushes on demand.
constexpr std::size_t kWorkThreads = 4;
constexpr std::size_t kWorkQueueMax = 256;
// Of the memory budget, what may wait for the sequencer: it never keeps rows, it only hands on.
constexpr std::size_t kSequencerShare = 4;
// Of the memory budget, what one measurement may fill before it is flushed.
constexpr std::size_t kMeasurementShare = 4;
// Of the memory budget, what is flushed early when memory runs short.
constexpr std::size_t kReliefShare = 4;

void Restore(const catalog::Snapshot& snapshot, buffer::LiveTables& tables) {
  for (const auto& database : snapshot.Databases()) {
    for (const auto& state : snapshot.Measurements(database->name)) {
      tables.Restore(state->id, state->name, state->schema, state->flushed_lsn);
    }
  }
}

}  // namespace

// In the order of the data's way. Members are destroyed in the opposite order; Stop() has closed
// by then what has to be closed.
struct Server::Parts {
  explicit Parts(const Config& configuration) : config(configuration) {}

  const Config config;
  fs::FileSystem& file_system = fs::FileSystem::Local();
  const Clock& clock = Clock::System();
  Metrics metrics;
  auth::AnonymousAuthenticator authenticator;
  std::unique_ptr<DataDirectory> data_directory;
  std::unique_ptr<catalog::Catalog> catalog;
  std::unique_ptr<buffer::LiveTables> tables;
  std::unique_ptr<storage::FileStager> stager;
  std::unique_ptr<storage::StorageAudit> audit;
  std::unique_ptr<storage::FilePublisher> publisher;
  std::unique_ptr<storage::Flusher> flusher;
  std::unique_ptr<storage::Importer> importer;
  std::unique_ptr<write::Sequencer> sequencer;
  std::unique_ptr<write::Writer> writer;
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<query::QueryService> queries;
  std::unique_ptr<TaskPool> work;
  std::unique_ptr<api::WriteRoutes> write_routes;
  std::unique_ptr<api::QueryRoutes> query_routes;
  std::unique_ptr<api::DatabaseRoutes> database_routes;
  std::unique_ptr<api::ImportRoutes> import_routes;
  std::unique_ptr<api::FlushRoutes> flush_routes;
  std::unique_ptr<api::HealthRoutes> health_routes;
  std::unique_ptr<http::Server> http;

  Result<void> OpenStorage();
  Result<void> OpenEngine();
  void BuildWritePath();
  Result<void> Listen();
  void AddGauges();
  http::ServerOptions HttpOptions() const;
  std::vector<std::string> Problems() const;
  Result<void> Close(milliseconds timeout);
};

Result<void> Server::Parts::OpenStorage() {
  const auto root = config.storage.local_path.string();
  data_directory = TRY(DataDirectory::Open(file_system, config.storage.data_directory.string()));
  TRY(file_system.CreateDirectories(root));
  const auto catalog_path = config.storage.catalog_path.string();
  TRY(file_system.CreateDirectories(fs::ParentOf(catalog_path)));
  catalog::Catalog::Options catalog_options;
  catalog_options.path = catalog_path;
  catalog = TRY(catalog::Catalog::Open(std::move(catalog_options), clock));
  tables = std::make_unique<buffer::LiveTables>(catalog->greatest_measurement_id(),
                                                catalog->greatest_lsn());
  Restore(*catalog->snapshot(), *tables);
  const auto compression = TRY(storage::ParseCompression(config.ingest.compression));
  const auto swept = TRY(storage::SweepStaging(file_system, root));
  if (swept > 0) LogInfo("start: {} unfinished files of an earlier run removed", swept);
  stager = TRY(storage::FileStager::Open(root, file_system, compression));
  audit = std::make_unique<storage::StorageAudit>(file_system, root, *catalog, stager->ids());
  return {};
}

void Server::Parts::BuildWritePath() {
  const auto budget = config.ingest.memory_budget;
  publisher = std::make_unique<storage::FilePublisher>(config.storage.local_path.string(),
                                                       file_system, *catalog);
  importer = std::make_unique<storage::Importer>(
      storage::Importer::Limits{config.ingest.max_columns, config.ingest.max_measurements},
      file_system, *stager, *publisher, *tables);
  storage::Flusher::Options options;
  options.policy.rows_max = config.ingest.max_buffer_size;
  options.policy.measurement_bytes_max = budget / kMeasurementShare;
  options.policy.age_max = config.ingest.max_buffer_age_ms;
  options.worker_count = config.ingest.flush_workers;
  flusher =
      std::make_unique<storage::Flusher>(options, *stager, *publisher, *tables, clock, metrics);
  sequencer = std::make_unique<write::Sequencer>(
      budget / kSequencerShare, tables->visible_lsn(), *tables, clock,
      [this](const auto& measurement) { flusher->OnPublished(measurement); });
  const write::WriteLimits limits{config.ingest.max_columns, config.ingest.max_measurements,
                                  budget};
  writer = std::make_unique<write::Writer>(limits, *tables, *sequencer, metrics, [this, budget] {
    flusher->RelieveMemory(budget / kReliefShare);
  });
}

Result<void> Server::Parts::OpenEngine() {
  const auto temp_directory = config.database.temp_directory.string();
  TRY(file_system.CreateDirectories(temp_directory));
  engine::EngineOptions options;
  options.storage_root = std::filesystem::absolute(config.storage.local_path).string();
  options.temp_directory = temp_directory;
  options.memory_limit_bytes = config.database.memory_limit;
  options.thread_count = config.database.thread_count;
  engine = TRY(engine::Engine::Open(std::move(options), *catalog, *tables, metrics));
  const query::QueryLimits limits{config.database.max_connections, config.query.queue_size,
                                  config.query.timeout, config.query.max_result_bytes,
                                  config.query.max_sql_bytes};
  queries = std::make_unique<query::QueryService>(limits, *engine, *catalog, *tables, metrics);
  return {};
}

http::ServerOptions Server::Parts::HttpOptions() const {
  http::ServerOptions options;
  options.host = config.server.host;
  options.port = config.server.port;
  options.io_thread_count = config.server.io_threads;
  options.body_bytes_max = config.server.max_payload_size;
  options.spooled_body_bytes_max = config.import.max_file_size;
  options.inflight_body_bytes_max = config.server.max_inflight_body_bytes;
  options.connection_count_max = config.server.max_connections;
  options.read_timeout = config.server.read_timeout;
  options.write_timeout = config.server.write_timeout;
  options.idle_timeout = config.server.idle_timeout;
  options.spool_directory = config.import.spool_directory.string();
  return options;
}

Result<void> Server::Parts::Listen() {
  work = std::make_unique<TaskPool>("work", kWorkThreads, kWorkQueueMax);
  write_routes = std::make_unique<api::WriteRoutes>(config.server.max_payload_size, *writer,
                                                    *tables, clock, metrics);
  query_routes = std::make_unique<api::QueryRoutes>(*queries, clock);
  database_routes = std::make_unique<api::DatabaseRoutes>(*catalog, *tables, *work);
  import_routes = std::make_unique<api::ImportRoutes>(*importer, file_system, *work, metrics);
  flush_routes = std::make_unique<api::FlushRoutes>(*flusher, *work);
  health_routes =
      std::make_unique<api::HealthRoutes>(clock, metrics, [this] { return Problems(); });
  std::vector<http::Route> routes;
  for (auto more : {write_routes->Routes(), query_routes->Routes(), database_routes->Routes(),
                    import_routes->Routes(), flush_routes->Routes(), health_routes->Routes()}) {
    std::move(more.begin(), more.end(), std::back_inserter(routes));
  }
  http = TRY(
      http::Server::Start(HttpOptions(), std::move(routes), authenticator, metrics, file_system));
  return {};
}

void Server::Parts::AddGauges() {
  const auto count = [](auto number) { return static_cast<double>(number); };
  metrics.AddGauge("arc_buffer_bytes", "Memory of rows that are not trimmed after a flush yet.",
                   [=, this] { return count(tables->buffered_bytes()); });
  metrics.AddGauge("arc_buffer_queue_depth", "Measurements that wait for a flush thread.",
                   [=, this] { return count(flusher->queued_count()); });
  metrics.AddGauge("arc_flush_failing_measurements", "Measurements whose last flush failed.",
                   [=, this] { return count(flusher->failing_measurement_count()); });
  metrics.AddGauge("arc_catalog_transactions_total", "SQLite transactions since the start.",
                   [=, this] { return count(catalog->transaction_count()); });
  metrics.AddGauge("arc_visible_lsn", "Requests up to this number are visible.",
                   [=, this] { return count(ToNumber(tables->visible_lsn())); });
}

std::vector<std::string> Server::Parts::Problems() const {
  std::vector<std::string> problems;
  const auto failing = flusher->failing_measurement_count();
  if (failing > 0) {
    problems.push_back(std::to_string(failing) +
                       " measurements cannot be flushed: their rows stay in memory; see the log");
  }
  return problems;
}

// Refuse, finish, flush, close: in the order of the data's way, as far as the start had come.
Result<void> Server::Parts::Close(milliseconds timeout) {
  const auto deadline = clock.NowSteady() + timeout;
  const auto left = [&] {
    return std::max(milliseconds(0),
                    std::chrono::duration_cast<milliseconds>(deadline - clock.NowSteady()));
  };
  if (health_routes != nullptr) health_routes->SetNotReady();
  if (http != nullptr) {
    http->StopAccepting();
    // Requests may take half of the time: what is acknowledged must still become files.
    if (!http->Drain(left() / 2)) LogWarning("shutdown: requests in progress were cut off");
    http->Stop();
  }
  if (work != nullptr) work->Close();
  if (queries != nullptr) queries->Close();
  if (sequencer != nullptr) sequencer->Close();
  Result<void> flushed;
  if (flusher != nullptr) {
    flushed = flusher->FlushAll(left());
    flusher->Close();
  }
  if (publisher != nullptr) publisher->Close();
  if (audit != nullptr) audit->Close();
  http.reset();
  queries.reset();
  engine.reset();
  if (catalog != nullptr) TRY(catalog->Close());
  return flushed;
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() = default;

std::uint16_t Server::port() const { return parts_->http->port(); }

Result<std::unique_ptr<Server>> Server::Start(const Config& config) {
  auto parts = std::make_unique<Parts>(config);
  const auto build = [&]() -> Result<void> {
    TRY(parts->OpenStorage());
    parts->BuildWritePath();
    TRY(parts->OpenEngine());
    parts->AddGauges();
    TRY(parts->Listen());
    LogInfo("listening on port {}, {} measurements in {}", parts->http->port(),
            parts->catalog->snapshot()->measurement_count(),
            config.storage.data_directory.string());
    return {};
  };
  auto built = build();
  if (!built.ok()) {
    IgnoreFailure(parts->Close(milliseconds(0)), "nothing was written yet");
    return std::move(built).TakeError();
  }
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

Result<void> Server::Stop() { return parts_->Close(parts_->config.server.shutdown_timeout); }

}  // namespace arc
