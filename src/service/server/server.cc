#include "service/server/server.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "access/audit/audit_log.h"
#include "access/audit/event.h"
#include "access/auth/authenticator.h"
#include "access/auth/request_limits.h"
#include "data/integrity/damaged_files.h"
#include "data/integrity/verifier.h"
#include "data/store/data_directory.h"
#include "data/store/store.h"
#include "foundation/base/log.h"
#include "foundation/base/metrics.h"
#include "foundation/base/task_pool.h"
#include "foundation/base/thread.h"
#include "foundation/fs/file_system.h"
#include "foundation/memory/memory_watch.h"
#include "foundation/memory/process_size.h"
#include "foundation/memory/query_account.h"
#include "foundation/model/names.h"
#include "foundation/model/time_limits.h"
#include "foundation/time/clock.h"
#include "foundation/time/day_text.h"
#include "foundation/tls/certificate_files.h"
#include "query/engine/engine.h"
#include "query/execution/query_service.h"
#include "query/format/spool.h"
#include "service/api/access_routes.h"
#include "service/api/audit_routes.h"
#include "service/api/auth_routes.h"
#include "service/api/database_routes.h"
#include "service/api/flush_routes.h"
#include "service/api/governance_routes.h"
#include "service/api/health_routes.h"
#include "service/api/import_routes.h"
#include "service/api/query_routes.h"
#include "service/api/rejection_log.h"
#include "service/api/rejection_routes.h"
#include "service/api/request_database.h"
#include "service/api/token_request.h"
#include "service/api/verify_routes.h"
#include "service/api/write_routes.h"
#include "service/config/memory_shares.h"
#include "service/http/server.h"
#include "service/server/exit_deadline.h"
#include "service/server/store_options.h"
#include "service/server/tokens.h"

namespace arc::server {
namespace {

using std::chrono::milliseconds;

// Requests that block on disk: imports, listings, flushes on demand.
constexpr std::size_t kWorkThreads = 4;
constexpr std::size_t kWorkQueueMax = 256;
// How long a stop may take after server.shutdown_timeout. Then the process ends, whatever is open.
constexpr milliseconds kExitDelay{900};

auth::RateLimits LimitsOf(const config::LimitsConfig& config) {
  return {.token_requests_per_second = config.token_requests_per_second,
          .token_bytes_per_second = config.token_bytes_per_second,
          .address_requests_per_second = config.address_requests_per_second,
          .address_bytes_per_second = config.address_bytes_per_second,
          .failed_auth_per_minute = config.failed_auth_per_minute};
}

audit::AuditOptions OptionsOf(const config::AuditConfig& config) {
  return {.directory = config.directory.string(),
          .file_bytes_max = config.max_file_size,
          .total_bytes_max = config.max_total_size,
          .retention = std::chrono::hours(24 * static_cast<std::int64_t>(config.retention_days)),
          .has_reads = config.include_reads};
}

// Requires: min_time has been checked.
TimeRule TimeRuleOf(const config::IngestConfig& config) {
  TimeRule rule;
  rule.min_micros = ParseDay(config.min_time).value_or(kTimeMin);
  rule.future_micros_max = std::chrono::microseconds(config.max_future).count();
  return rule;
}

void Audit(const http::AnsweredRequest& request, audit::AuditLog& log) {
  const auto event = audit::EventOf(request.method, request.pattern, request.status);
  if (event.type.empty() || (event.is_read && !log.has_reads())) return;
  audit::AuditEntry entry;
  entry.event_type = event.type;
  entry.actor = request.actor;
  entry.method = request.method;
  entry.path = request.path;
  entry.database = request.subject;
  if (entry.database.empty() && event.type.starts_with("data.")) entry.database = kDefaultDatabase;
  entry.status_code = request.status;
  entry.ip_address = request.client_address;
  entry.user_agent = request.user_agent;
  entry.duration_ms = std::chrono::duration_cast<milliseconds>(request.duration).count();
  entry.detail = request.error;
  log.Record(std::move(entry));
}

}  // namespace

// In the order of the data's way. Members are destroyed in the opposite order; Stop() has closed
// by then what has to be closed.
struct Server::Parts {
  explicit Parts(const config::Config& configuration) : config(configuration) {}

  const config::Config config;
  fs::FileSystem& file_system = fs::FileSystem::Local();
  const Clock& clock = Clock::System();
  Metrics metrics;
  memory::MemoryWatch memory{{config.server.memory_limit, config::QueryBytesOf(config)},
                             memory::QueryAccount::OfProcess(),
                             memory::ResidentBytes,
                             memory::GiveBack,
                             metrics};
  auth::AnonymousAuthenticator everyone;
  std::unique_ptr<store::DataDirectory> data_directory;
  Tokens tokens;                                       // empty without auth.enabled
  std::unique_ptr<audit::AuditLog> audit;              // null without audit_log.enabled
  std::unique_ptr<tls::CertificateFiles> certificate;  // null without server.tls_enabled
  Counter* failed_reloads = nullptr;                   // null as well
  auth::RequestLimits limits{LimitsOf(config.limits), clock, metrics};
  integrity::DamagedFiles damaged_files{clock, metrics};
  std::unique_ptr<store::Store> store;
  std::unique_ptr<integrity::Verifier> verifier;
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<format::Spool> spool;
  std::unique_ptr<execution::QueryService> queries;
  std::unique_ptr<TaskPool> work;
  std::unique_ptr<api::RejectionLog> rejections;
  std::unique_ptr<api::WriteRoutes> write_routes;
  std::unique_ptr<api::RejectionRoutes> rejection_routes;
  std::unique_ptr<api::QueryRoutes> query_routes;
  std::unique_ptr<api::DatabaseRoutes> database_routes;
  std::unique_ptr<api::ImportRoutes> import_routes;
  std::unique_ptr<api::FlushRoutes> flush_routes;
  std::unique_ptr<api::VerifyRoutes> verify_routes;
  std::unique_ptr<api::AuthRoutes> auth_routes;
  std::unique_ptr<api::AccessRoutes> access_routes;
  std::unique_ptr<api::GovernanceRoutes> governance_routes;
  std::unique_ptr<api::AuditRoutes> audit_routes;
  std::unique_ptr<api::HealthRoutes> health_routes;
  std::unique_ptr<http::Server> http;
  bool has_lost_threads = false;  // after Close

  Result<void> OpenCertificate();
  Result<void> OpenStore();
  Result<void> OpenEngine();
  Result<void> Listen();
  Result<void> Serve();
  void StartVerifier();
  http::ServerOptions HttpOptions(std::vector<std::string> allowed_origins);
  std::vector<std::string> Problems() const;
  Result<void> Close(milliseconds timeout);
};

Result<void> Server::Parts::OpenCertificate() {
  const auto& server = config.server;
  if (!server.tls_enabled) return {};
  certificate = TRY(
      tls::CertificateFiles::Open({server.tls_cert_file, server.tls_key_file}, file_system, clock));
  metrics.AddGauge(
      "arc_tls_certificate_expiry_seconds", "When the certificate ends, in seconds since 1970.",
      [this] { return static_cast<double>(certificate->context()->expires_at()) / 1e6; });
  failed_reloads = &metrics.AddCounter("arc_tls_reload_failures_total",
                                       "Certificates that could not be read again on SIGHUP.");
  return {};
}

Result<void> Server::Parts::OpenStore() {
  auto options = TRY(StoreOptionsOf(config));
  const auto paths = store::Store::PathsOf(options);
  // Each looks before anything is made.
  TRY(store::CheckCatalogIsThere(file_system, paths));
  if (config.storage.must_exist) TRY(store::CheckIsNotNew(file_system, paths));
  data_directory =
      TRY(store::DataDirectory::Open(file_system, config.storage.data_directory.string()));
  const bool was_marked = data_directory->is_marked();
  TRY(data_directory->Mark());
  options.on_rows_let_go = [this] {
    if (queries != nullptr) queries->LimitReaderMemory();
  };
  options.is_out_of_memory = [this] { return memory.is_over_limit(); };
  if (config.audit_log.enabled) {
    audit = TRY(audit::AuditLog::Open(OptionsOf(config.audit_log), file_system, clock, metrics));
  }
  const bool has_lost_tokens =
      config.auth.enabled &&
      TRY(store::AreTokensLost(file_system, config.auth.db_path.string(), paths));
  if (config.auth.enabled) tokens = TRY(OpenTokens(config, file_system, clock));
  store = TRY(store::Store::Open(std::move(options), file_system, clock, metrics));
  if (!was_marked && store->catalog().generation() > 0) {
    TRY(store->losses().Add("arc.format was missing in " + paths.data_directory +
                            " and was written anew: whatever removed it may have removed more"));
  }
  if (has_lost_tokens) {
    TRY(store->losses().Add("the tokens in " + config.auth.db_path.string() +
                            " are gone: all are void, with their teams and policies, and a new "
                            "administrator's token was made"));
  }
  if (!config.auth.enabled) return {};
  return store->state().Record({.catalog_generation = 0, .log = {}, .has_tokens = true});
}

Result<void> Server::Parts::OpenEngine() {
  const auto temp_directory = config.database.temp_directory.string();
  TRY(file_system.CreateDirectories(temp_directory));
  engine::EngineOptions options;
  options.storage_root = std::filesystem::absolute(config.storage.local_path).string();
  options.temp_directory = temp_directory;
  options.memory_limit_bytes = config.database.memory_limit;
  options.thread_count = config.database.thread_count;
  options.value_bytes_max = config.query.max_value_size;
  options.damaged_files = &damaged_files;
  engine =
      TRY(engine::Engine::Open(std::move(options), store->catalog(), store->tables(), metrics));
  spool = std::make_unique<format::Spool>(file_system, config.import.spool_directory.string(),
                                          config.query.max_spool_size);
  execution::QueryLimits query_limits{};
  query_limits.running_max = config.database.max_connections;
  query_limits.waiting_max = config.query.queue_size;
  query_limits.waiting_timeout = config.query.queue_timeout;
  query_limits.timeout = config.query.timeout;
  query_limits.rows_max = config.query.max_rows;
  query_limits.rows_default = config.query.default_limit;
  query_limits.cursors_max = config.query.max_cursors;
  query_limits.cursor_timeout = config.query.cursor_timeout;
  query_limits.sql_bytes_max = config.query.max_sql_bytes;
  query_limits.reader_bytes_max = config.query.reader_memory_budget;
  query_limits.history_max = config.query.history_size;
  query_limits.slow_threshold = config.query.slow_query_threshold_ms;
  queries = std::make_unique<execution::QueryService>(query_limits, *engine, store->catalog(),
                                                      store->tables(), clock, metrics);
  return {};
}

http::ServerOptions Server::Parts::HttpOptions(std::vector<std::string> allowed_origins) {
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
  options.certificate = certificate.get();
  options.origins.allowed = std::move(allowed_origins);
  options.origins.is_open = !config.auth.enabled;
  options.origins.host = config.server.host;
  options.origins.request_headers = api::kDatabaseHeader;
  options.limits = &limits;
  if (audit) {
    options.on_answer = [this](const http::AnsweredRequest& request) { Audit(request, *audit); };
    options.subject_of = api::SubjectOf;
  }
  return options;
}

// What is wrong just now, for /health.
std::vector<std::string> Server::Parts::Problems() const {
  auto problems = store->Problems();
  auto more = queries->Problems();
  std::move(more.begin(), more.end(), std::back_inserter(problems));
  if (auto damaged = damaged_files.Problem()) problems.push_back(std::move(*damaged));
  if (auto damaged = tokens.file ? tokens.file->Problem() : std::nullopt) {
    problems.push_back(*std::move(damaged));
  }
  if (auto problem = memory.Problem()) problems.push_back(*std::move(problem));
  if (FailedThreadCount() > 0) {
    problems.push_back("a thread has ended, what it did is not done until a restart: " +
                       FirstThreadFailure());
  }
  return problems;
}

// From here on /health answers, and says that the rest is not ready.
Result<void> Server::Parts::Listen() {
  api::HealthRoutes::Details details;
  if (tokens.cache) {
    AddTokenMetrics(tokens, metrics);
    details = [this] { return api::AuthCacheDetails(tokens.cache->stats()); };
  }
  health_routes = std::make_unique<api::HealthRoutes>(
      clock, metrics, [this] { return Problems(); }, std::move(details));
  metrics.AddGauge("arc_failed_threads", "Threads that an exception has ended since the start.",
                   [] { return static_cast<double>(FailedThreadCount()); });
  const auth::Authenticator& authenticator =
      tokens.authenticator ? static_cast<const auth::Authenticator&>(*tokens.authenticator)
                           : everyone;
  auto allowed_origins = TRY(http::ParseOrigins(config.server.cors_origins));
  http = TRY(http::Server::Start(HttpOptions(std::move(allowed_origins)), health_routes->Routes(),
                                 authenticator, metrics, file_system));
  return {};
}

void Server::Parts::StartVerifier() {
  integrity::Verifier::Options options;
  options.root = config.storage.local_path.string();
  options.bytes_per_second = config.storage.scrub_bytes_per_second;
  verifier = std::make_unique<integrity::Verifier>(std::move(options), file_system,
                                                   store->catalog(), damaged_files, clock, metrics);
}

Result<void> Server::Parts::Serve() {
  work = std::make_unique<TaskPool>("work", kWorkThreads, kWorkQueueMax);
  const auto times = TimeRuleOf(config.ingest);
  rejections = std::make_unique<api::RejectionLog>(config.ingest.rejections_kept, clock);
  write_routes =
      std::make_unique<api::WriteRoutes>(config.server.max_payload_size, times, store->writer(),
                                         store->tables(), *rejections, clock, metrics);
  rejection_routes = std::make_unique<api::RejectionRoutes>(*rejections, *work);
  query_routes = std::make_unique<api::QueryRoutes>(*queries, *spool, limits, clock);
  const auto drops = config.deletion.enabled ? api::DatabaseRoutes::Drops::kAllowed
                                             : api::DatabaseRoutes::Drops::kForbidden;
  database_routes = std::make_unique<api::DatabaseRoutes>(store->catalog(), store->tables(),
                                                          store->dropper(), drops, *work);
  import_routes = std::make_unique<api::ImportRoutes>(config.import.max_file_size, times,
                                                      store->importer(), store->row_importer(),
                                                      file_system, *work, clock, metrics);
  flush_routes = std::make_unique<api::FlushRoutes>(store->flusher(), *work);
  StartVerifier();
  verify_routes = std::make_unique<api::VerifyRoutes>(*verifier, damaged_files, *work);
  std::vector<http::Route> routes;
  for (auto more : {write_routes->Routes(), rejection_routes->Routes(), query_routes->Routes(),
                    database_routes->Routes(), import_routes->Routes(), flush_routes->Routes(),
                    verify_routes->Routes(), health_routes->Routes()}) {
    std::move(more.begin(), more.end(), std::back_inserter(routes));
  }
  if (tokens.authenticator) {
    auth_routes = std::make_unique<api::AuthRoutes>(*tokens.authenticator, limits, *work, clock);
    access_routes = std::make_unique<api::AccessRoutes>(*tokens.tree, *tokens.store, *work);
    governance_routes =
        std::make_unique<api::GovernanceRoutes>(*tokens.policies, limits.usage(), *work);
    for (auto more :
         {auth_routes->Routes(), access_routes->Routes(), governance_routes->Routes()}) {
      std::move(more.begin(), more.end(), std::back_inserter(routes));
    }
  }
  if (audit) {
    audit_routes = std::make_unique<api::AuditRoutes>(*audit, file_system, *work, clock);
    auto more = audit_routes->Routes();
    std::move(more.begin(), more.end(), std::back_inserter(routes));
  }
  TRY(http->Serve(std::move(routes)));
  if (config.auth.enabled) TRY(EnsureAdministrator(tokens, config.auth, clock));
  health_routes->SetReady();
  return {};
}

// Refuse, finish, flush, close: in the order of the data's way, as far as the start had come.
Result<void> Server::Parts::Close(milliseconds timeout) {
  const auto deadline = clock.NowSteady() + timeout;
  const auto left = [&] {
    return std::max(milliseconds(0),
                    std::chrono::duration_cast<milliseconds>(deadline - clock.NowSteady()));
  };
  if (health_routes != nullptr) health_routes->SetNotReady("shutting down");
  if (http != nullptr) {
    http->StopAccepting();
    // Requests may take half of the time: what is acknowledged must still become files.
    if (!http->Drain(left() / 2)) LogWarning("shutdown: requests in progress were cut off");
    http->Stop();
  }
  if (work != nullptr) work->Close();
  if (queries != nullptr && !queries->Close()) has_lost_threads = true;
  if (!has_lost_threads) http.reset();
  if (verifier != nullptr) verifier->Close();
  // The engine and the closed queries stay: the store's last flushes still tell them.
  return store == nullptr ? Result<void>() : store->Close(left());
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() = default;

std::uint16_t Server::port() const { return parts_->http->port(); }

void Server::Reload() {
  if (parts_->certificate == nullptr)
    return LogInfo("reload: without TLS there is nothing to read");
  const auto reloaded = parts_->certificate->Reload();
  if (reloaded.ok()) return LogInfo("reload: new connections have the certificate on disk");
  parts_->failed_reloads->Add();
  LogError("reload failed, the old certificate stays: {}", LogText(reloaded.error()));
}

Result<std::unique_ptr<Server>> Server::Start(const config::Config& config) {
  auto parts = std::make_unique<Parts>(config);
  const auto build = [&]() -> Result<void> {
    parts->memory.Start();
    TRY(parts->OpenCertificate());
    TRY(parts->OpenStore());
    TRY(parts->OpenEngine());
    TRY(parts->Listen());
    LogInfo("listening on port {}, data in {}", parts->http->port(),
            config.storage.data_directory.string());
    TRY(parts->store->Recover());
    TRY(parts->Serve());
    LogInfo("ready: {} measurements in the catalog",
            parts->store->catalog().snapshot()->measurement_count());
    return {};
  };
  auto built = build();
  if (!built.ok()) {
    IgnoreFailure(parts->Close(milliseconds(0)), "nothing was written yet");
    return std::move(built).TakeError();
  }
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

Result<void> Server::Stop() {
  const auto timeout = parts_->config.server.shutdown_timeout;
  const ExitDeadline deadline(timeout + kExitDelay);
  return parts_->Close(timeout);
}

bool Server::has_lost_threads() const { return parts_->has_lost_threads; }

}  // namespace arc::server
