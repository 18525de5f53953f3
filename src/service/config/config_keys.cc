#include "service/config/config_keys.h"

#include <algorithm>

#include "service/config/memory_shares.h"

namespace arc::config {
namespace {

constexpr std::uint64_t kKilobyte = 1024;
constexpr std::uint64_t kMegabyte = 1024 * kKilobyte;
constexpr std::uint64_t kGigabyte = 1024 * kMegabyte;
constexpr std::uint64_t kTerabyte = 1024 * kGigabyte;

// The field `kField` of the section `kSection`.
template <auto kSection, auto kField>
constexpr auto kIn = +[](Config& config) -> auto& {
  return config.*kSection.*kField;
};

template <auto kField>
constexpr auto kServer = kIn<&Config::server, kField>;
template <auto kField>
constexpr auto kLog = kIn<&Config::log, kField>;
template <auto kField>
constexpr auto kDatabase = kIn<&Config::database, kField>;
template <auto kField>
constexpr auto kStorage = kIn<&Config::storage, kField>;
template <auto kField>
constexpr auto kIngest = kIn<&Config::ingest, kField>;
template <auto kField>
constexpr auto kWal = kIn<&Config::wal, kField>;
template <auto kField>
constexpr auto kQuery = kIn<&Config::query, kField>;
template <auto kField>
constexpr auto kImport = kIn<&Config::import, kField>;

// A fixed text, or a rule.
struct Default {
  Default(const char* fixed) : text(fixed) {}
  Default(AutomaticValue value) : text("auto"), automatic(value) {}
  std::string_view text;
  AutomaticValue automatic{};
};

ConfigKey Text(std::string_view name, ConfigField field, Default value,
               std::string_view description) {
  return {name, ValueKind::kText, field, value.text, value.automatic, {}, {}, description};
}

ConfigKey Boolean(std::string_view name, ConfigField field, std::string_view description,
                  std::string_view value = "false") {
  return {name, ValueKind::kBoolean, field, value, {}, {}, {}, description};
}

ConfigKey Path(std::string_view name, ConfigField field, Default value,
               std::string_view description) {
  return {name, ValueKind::kPath, field, value.text, value.automatic, {}, {}, description};
}

ConfigKey Choice(std::string_view name, ConfigField field, Default value,
                 std::vector<std::string_view> choices, std::string_view description) {
  return {name, ValueKind::kChoice, field,      value.text, value.automatic,
          {},   std::move(choices), description};
}

ConfigKey Number(ValueKind kind, std::string_view name, ConfigField field, Default value,
                 ValueLimits limits, std::string_view description) {
  return {name, kind, field, value.text, value.automatic, limits, {}, description};
}

template <std::uint64_t kFactor, std::uint64_t kMin, std::uint64_t kMax>
std::string CoresTimes(const Machine& machine, const Config&) {
  return std::to_string(std::clamp(machine.cores * kFactor, kMin, kMax));
}

// 512 MB at least, where everything has room to work.
std::string ProcessMemory(const Machine& machine, const Config&) {
  const auto megabytes = machine.memory_bytes / 5 * 4 / kMegabyte;
  return std::to_string(std::max(megabytes, std::uint64_t{512}) * kMegabyte);
}

std::string EngineMemory(const Machine& machine, const Config& config) {
  return std::to_string(DefaultEngineBytes(machine, config));
}

template <auto kShare>
std::string ShareOfMemory(const Machine&, const Config& config) {
  return std::to_string(SharesOf(config).*kShare);
}

std::string LargestBody(const Machine&, const Config& config) {
  return std::to_string(std::min(SharesOf(config).bodies, kGigabyte));
}

template <const char* kName>
std::string InDataDirectory(const Machine&, const Config& config) {
  return (config.storage.data_directory / kName).string();
}
constexpr char kFilesFolder[] = "arc";
constexpr char kCatalogFile[] = "catalog.db";
constexpr char kWalFolder[] = "wal";
constexpr char kTemporaryFolder[] = "tmp";
constexpr char kSpoolFolder[] = "spool";
constexpr char kTokenFile[] = "auth.db";
constexpr char kAuditFolder[] = "audit";

constexpr ValueLimits kTimeoutSeconds{1, 86'400};

std::vector<ConfigKey> ServerKeys() {
  using S = ServerConfig;
  using enum ValueKind;
  return {
      Text("server.host", kServer<&S::host>, "",
           "Address to listen on. Empty: every address, IPv4 and IPv6."),
      Number(kInteger, "server.port", kServer<&S::port>, "8000", {0, 65'535},
             "TCP port. 0 takes a free one."),
      Number(kSeconds, "server.read_timeout", kServer<&S::read_timeout>, "30", kTimeoutSeconds,
             "Longest silence of a client that is sending a request."),
      Number(kSeconds, "server.write_timeout", kServer<&S::write_timeout>, "30", kTimeoutSeconds,
             "Longest time in which a client takes nothing of an answer."),
      Number(kSeconds, "server.idle_timeout", kServer<&S::idle_timeout>, "120", kTimeoutSeconds,
             "A connection without a request is closed after this time."),
      Number(kSeconds, "server.shutdown_timeout", kServer<&S::shutdown_timeout>, "30",
             kTimeoutSeconds, "Time to finish requests and flush when asked to stop."),
      Number(kMemory, "server.memory_limit", kServer<&S::memory_limit>,
             AutomaticValue{"four fifths of the memory", ProcessMemory},
             {512 * kMegabyte, 64 * kTerabyte},
             "Memory of the whole process. The shares below add up to it at most; what a query "
             "would take beyond fails that query."),
      Number(kBytes, "server.max_payload_size", kServer<&S::max_payload_size>,
             AutomaticValue{"1GB, up to `server.max_inflight_body_bytes`", LargestBody},
             {kKilobyte, 64 * kGigabyte},
             "Largest request body held in memory, before and after decompression. Imports have "
             "their own limit."),
      Number(kBytes, "server.max_inflight_body_bytes", kServer<&S::max_inflight_body_bytes>,
             AutomaticValue{"an eighth of `server.memory_limit`, up to 2GB",
                            ShareOfMemory<&MemoryShares::bodies>},
             {kKilobyte, kTerabyte},
             "Memory of all request bodies together; over it the answer is 503. At least "
             "`server.max_payload_size`."),
      Number(kInteger, "server.max_connections", kServer<&S::max_connections>, "10000",
             {1, 1'000'000}, "Open connections; more are refused."),
      Number(kInteger, "server.io_threads", kServer<&S::io_threads>,
             AutomaticValue{"cores, 1 to 8", CoresTimes<1, 1, 8>}, {1, 64},
             "Threads that read requests and write answers."),
      Boolean("server.tls_enabled", kServer<&S::tls_enabled>,
              "Whether the port speaks HTTPS, and nothing else."),
      Text("server.tls_cert_file", kServer<&S::tls_cert_file>, "",
           "The server's certificate in PEM, then those that lead to an authority. SIGHUP reads "
           "both files again."),
      Text("server.tls_key_file", kServer<&S::tls_key_file>, "",
           "The certificate's key in PEM, without a passphrase."),
      Text("server.cors_origins", kServer<&S::cors_origins>, "",
           "Pages of the web that may ask through their readers' browsers, and read the answers: "
           "`https://host` or `https://host:port`, separated by commas; `*` for all of them."),
  };
}

std::vector<ConfigKey> LogKeys() {
  return {
      Choice("log.level", kLog<&LogConfig::level>, "info",
             {"debug", "info", "warn", "error", "fatal", "panic"},
             "The least important messages shown."),
      Choice("log.format", kLog<&LogConfig::format>, "json", {"json", "console"},
             "One JSON object a line for machines, or text for people."),
  };
}

std::vector<ConfigKey> DatabaseKeys() {
  using D = DatabaseConfig;
  using enum ValueKind;
  return {
      Number(kInteger, "database.max_connections", kDatabase<&D::max_connections>,
             AutomaticValue{"2 × cores, 16 to 64", CoresTimes<2, 16, 64>}, {1, 1024},
             "Queries that run at the same time; more wait (`query.queue_size`)."),
      Number(
          kMemory, "database.memory_limit", kDatabase<&D::memory_limit>,
          AutomaticValue{"1GB × cores, up to 32GB and four fifths of what the other shares leave",
                         EngineMemory},
          {64 * kMegabyte, 64 * kTerabyte},
          "Memory of all running queries together; what needs more spills to disk, and what "
          "cannot fails at a quarter more."),
      Number(kInteger, "database.thread_count", kDatabase<&D::thread_count>,
             AutomaticValue{"cores", CoresTimes<1, 1, 1024>}, {1, 1024},
             "Threads that work on queries."),
      Path("database.temp_directory", kDatabase<&D::temp_directory>,
           AutomaticValue{"tmp in `storage.data_directory`", InDataDirectory<kTemporaryFolder>},
           "Where queries spill what does not fit into memory."),
  };
}

std::vector<ConfigKey> StorageKeys() {
  using S = StorageConfig;
  return {
      Choice("storage.backend", kStorage<&S::backend>, "local", {"local"},
             "Where the Parquet files are kept."),
      Path("storage.data_directory", kStorage<&S::data_directory>, "./data",
           "Everything the server keeps, unless another key moves a part of it."),
      Boolean("storage.must_exist", kStorage<&S::must_exist>,
              "Whether a start without a catalog is refused, so that a disk that is not mounted is "
              "not taken for a new server."),
      Path("storage.local_path", kStorage<&S::local_path>,
           AutomaticValue{"arc in `storage.data_directory`", InDataDirectory<kFilesFolder>},
           "The Parquet files, one folder for each database."),
      Path("storage.catalog_path", kStorage<&S::catalog_path>,
           AutomaticValue{"catalog.db in `storage.data_directory`", InDataDirectory<kCatalogFile>},
           "The SQLite file that says which databases, measurements and files exist."),
      Number(ValueKind::kBytes, "storage.scrub_bytes_per_second",
             kStorage<&S::scrub_bytes_per_second>, "8MB", {0, 100 * kGigabyte},
             "How fast stored files are read in the background, once a day at most, to compare "
             "them with what was written; 0: only when `arc verify` asks."),
  };
}

std::vector<ConfigKey> IngestKeys() {
  using I = IngestConfig;
  using enum ValueKind;
  return {
      Number(kInteger, "ingest.max_buffer_size", kIngest<&I::max_buffer_size>, "1000000",
             {1, 1'000'000'000}, "Rows of one measurement in memory before they become a file."),
      Number(
          kMilliseconds, "ingest.max_buffer_age_ms", kIngest<&I::max_buffer_age_ms>, "600000",
          {1, 86'400'000},
          "Age of the oldest row of a measurement before its rows become a file. Queries and the "
          "write-ahead log have them all the time."),
      Number(
          kInteger, "ingest.min_file_rows", kIngest<&I::min_file_rows>, "10000", {1, 1'000'000'000},
          "A measurement with fewer rows waits longer, `ingest.max_small_buffer_age_ms`, so that "
          "its files do not become tiny."),
      Number(kMilliseconds, "ingest.max_small_buffer_age_ms", kIngest<&I::max_small_buffer_age_ms>,
             "21600000", {1, 604'800'000},
             "Age of the oldest row before even a measurement with few rows becomes a file. At "
             "least `ingest.max_buffer_age_ms`, else that counts."),
      Choice("ingest.compression", kIngest<&I::compression>, "lz4",
             {"lz4", "snappy", "zstd", "gzip", "none"}, "Compression of new Parquet files."),
      Number(kInteger, "ingest.flush_workers", kIngest<&I::flush_workers>,
             AutomaticValue{"cores, 1 to 16", CoresTimes<1, 1, 16>}, {1, 64},
             "Threads that write Parquet files."),
      Number(kMemory, "ingest.memory_budget", kIngest<&I::memory_budget>,
             AutomaticValue{"an eighth of `server.memory_limit`, up to 8GB",
                            ShareOfMemory<&MemoryShares::rows>},
             {kMegabyte, 64 * kTerabyte},
             "Memory of all rows that are not in files yet; over it the answer is 503."),
      Number(kInteger, "ingest.max_columns", kIngest<&I::max_columns>, "4096", {2, 100'000},
             "Columns of one measurement; rows that need more are rejected."),
      Number(kInteger, "ingest.max_measurements", kIngest<&I::max_measurements>, "1000000",
             {1, 100'000'000}, "Measurements of one database; more are rejected."),
      Number(kBytes, "ingest.max_name_size", kIngest<&I::max_name_size>, "1KB",
             {16, 64 * kKilobyte},
             "Longest name of a new column; rows that bring a longer one are rejected."),
      Number(kBytes, "ingest.max_value_size", kIngest<&I::max_value_size>, "16MB", {16, kGigabyte},
             "Longest string; rows that bring a longer one are rejected."),
      Number(kSeconds, "ingest.max_future", kIngest<&I::max_future>, "315576000",
             {0, 3'155'760'000},
             "How far ahead of now the time of a row may be (10 years); later ones are rejected: "
             "nearly always milliseconds that were taken for seconds, or the like. 0: no limit."),
      Text("ingest.min_time", kIngest<&I::min_time>, "-20000-01-01",
           "The earliest time of a row, `YYYY-MM-DD`, years before 0 with a sign; earlier ones are "
           "rejected. Empty: no limit."),
      Number(kInteger, "ingest.rejections_kept", kIngest<&I::rejections_kept>, "100", {0, 1000},
             "Refused rows and requests that `GET /api/v1/rejections` shows, the last ones, each "
             "with 1 KB of its text at most, in memory only."),
  };
}

std::vector<ConfigKey> WalKeys() {
  using W = WalConfig;
  using enum ValueKind;
  return {
      Choice("wal.durability", kWal<&W::durability>, "sync", {"sync", "interval", "off"},
             "When a write is acknowledged: `sync`: after it is on disk; `interval`: after it is "
             "handed to the system, and a power cut may lose `wal.sync_interval_ms` of writes; "
             "`off`: there is no log, and a crash loses what is not in files."),
      Number(kMilliseconds, "wal.sync_interval_ms", kWal<&W::sync_interval_ms>, "100", {1, 60'000},
             "Longest time between syncs with `wal.durability = \"interval\"`."),
      Number(kSeconds, "wal.acknowledge_timeout", kWal<&W::acknowledge_timeout>, "30", {1, 3600},
             "A write that the disk has not taken by then is answered 503, its outcome unknown."),
      Path("wal.directory", kWal<&W::directory>,
           AutomaticValue{"wal in `storage.data_directory`", InDataDirectory<kWalFolder>},
           "The segments of the log."),
      Number(kBytes, "wal.segment_size", kWal<&W::segment_size>, "64MB",
             {64 * kKilobyte, 4 * kGigabyte}, "Size of a segment."),
      Number(kBytes, "wal.max_size", kWal<&W::max_size>, "4GB", {kMegabyte, 64 * kTerabyte},
             "Size of all segments; from half of it on rows are flushed to free some, over it "
             "writes are answered 503."),
      Number(kBytes, "wal.max_record_size", kWal<&W::max_record_size>, "1GB",
             {64 * kKilobyte, 64 * kGigabyte},
             "Rows of one request; more, and more than `wal.max_size`, are answered 413."),
  };
}

std::vector<ConfigKey> QueryKeys() {
  using Q = QueryConfig;
  using enum ValueKind;
  return {
      Number(kSeconds, "query.timeout", kQuery<&Q::timeout>, "300", {0, 86'400},
             "Longest time a query may compute; time in which its client does not read is not "
             "counted. 0: no limit."),
      Number(kInteger, "query.max_rows", kQuery<&Q::max_rows>, "0", {0, 1'000'000'000'000},
             "Rows of one answer; the rest is left out, and the answer says so. 0: no limit."),
      Number(kInteger, "query.default_limit", kQuery<&Q::default_limit>, "0",
             {0, 1'000'000'000'000},
             "Rows of an answer whose request has no `limit`; as `query.max_rows`. 0: no limit."),
      Number(kBytes, "query.max_sql_bytes", kQuery<&Q::max_sql_bytes>, "1MB",
             {kKilobyte, 64 * kMegabyte}, "Longest SQL text."),
      Number(kBytes, "query.max_value_size", kQuery<&Q::max_value_size>, "64MB",
             {kMegabyte, 4 * kGigabyte},
             "Largest value that a function of a query makes, and a quarter of what the values of "
             "2,048 rows may be together; larger ones are answered 413."),
      Number(kInteger, "query.queue_size", kQuery<&Q::queue_size>, "256", {0, 100'000},
             "Queries that may wait for their turn; more are answered 503."),
      Number(kSeconds, "query.queue_timeout", kQuery<&Q::queue_timeout>, "30", {1, 86'400},
             "Longest time a query may wait for its turn; then it is answered 503."),
      Number(kMilliseconds, "query.slow_query_threshold_ms", kQuery<&Q::slow_query_threshold_ms>,
             "0", {0, 86'400'000}, "Queries that take longer are logged. 0: none."),
      Number(kInteger, "query.history_size", kQuery<&Q::history_size>, "100", {0, 100'000},
             "Queries that have ended and are listed by /api/v1/queries/history."),
      Number(kInteger, "query.max_cursors", kQuery<&Q::max_cursors>, "64", {0, 100'000},
             "Cursors that may be open; more are answered 503."),
      Number(kSeconds, "query.cursor_timeout", kQuery<&Q::cursor_timeout>, "300", {1, 86'400},
             "A cursor that nobody asks for a page for so long is closed."),
      Number(kMemory, "query.max_spool_size", kQuery<&Q::max_spool_size>, "8GB",
             {kMegabyte, 64 * kTerabyte},
             "Temporary files, all together, of results whose format cannot be sent as it is made "
             "(MessagePack); past it such a query fails with 413."),
      Number(kMemory, "query.reader_memory_budget", kQuery<&Q::reader_memory_budget>,
             AutomaticValue{"a sixteenth of `server.memory_limit`, up to 4GB",
                            ShareOfMemory<&MemoryShares::readers>},
             {kMegabyte, 64 * kTerabyte},
             "Memory of rows that became files while queries that began before still read them; "
             "over it the oldest of these queries are cancelled with 503."),
  };
}

std::vector<ConfigKey> ImportKeys() {
  using I = ImportConfig;
  return {
      Number(ValueKind::kBytes, "import.max_file_size", kImport<&I::max_file_size>, "10GB",
             {kKilobyte, 64 * kTerabyte}, "Largest file of one import. It waits on disk."),
      Path("import.spool_directory", kImport<&I::spool_directory>,
           AutomaticValue{"spool in `storage.data_directory`", InDataDirectory<kSpoolFolder>},
           "Where the file of an import waits until it is complete, and results that are not sent "
           "as they "
           "are made."),
  };
}

std::vector<ConfigKey> AuthKeys() {
  using A = AuthConfig;
  using enum ValueKind;
  return {
      Boolean("auth.enabled", kIn<&Config::auth, &A::enabled>,
              "Whether requests need a token. Without, whoever reaches the port may do everything.",
              "true"),
      Path("auth.db_path", kIn<&Config::auth, &A::db_path>,
           AutomaticValue{"auth.db in `storage.data_directory`", InDataDirectory<kTokenFile>},
           "The tokens, as hashes."),
      Number(kSeconds, "auth.cache_ttl", kIn<&Config::auth, &A::cache_ttl>, "30", {1, 86'400},
             "How long a token that was looked up is remembered. Changes are seen at once."),
      Number(kInteger, "auth.max_cache_size", kIn<&Config::auth, &A::max_cache_size>, "1000",
             {0, 10'000'000}, "Tokens that are remembered; past it the oldest go."),
      {"auth.bootstrap_token",
       kSecret,
       kIn<&Config::auth, &A::bootstrap_token>,
       "",
       {},
       {},
       {},
       "The first admin's token, 32 characters or more. Empty: one is drawn and printed once."},
      Boolean(
          "auth.force_bootstrap", kIn<&Config::auth, &A::force_bootstrap>,
          "Adds `auth.bootstrap_token` as the admin token arc-recovery, beside those there are."),
  };
}

std::vector<ConfigKey> LimitsKeys() {
  using L = LimitsConfig;
  using enum ValueKind;
  constexpr ValueLimits kCount{0, 1'000'000'000};
  return {
      Number(kInteger, "limits.token_requests_per_second",
             kIn<&Config::limits, &L::token_requests_per_second>, "0", kCount,
             "Requests a second of one token; more get 429. 0: no limit, here and below."),
      Number(kBytes, "limits.token_bytes_per_second",
             kIn<&Config::limits, &L::token_bytes_per_second>, "0", {0, kTerabyte},
             "Bytes of request bodies a second of one token."),
      Number(kInteger, "limits.address_requests_per_second",
             kIn<&Config::limits, &L::address_requests_per_second>, "0", kCount,
             "Requests a second from one address."),
      Number(kBytes, "limits.address_bytes_per_second",
             kIn<&Config::limits, &L::address_bytes_per_second>, "0", {0, kTerabyte},
             "Bytes of request bodies a second from one address."),
      Number(kInteger, "limits.failed_auth_per_minute",
             kIn<&Config::limits, &L::failed_auth_per_minute>, "60", kCount,
             "Wrong tokens a minute from one address that get 401 and a line in the log; more get "
             "429."),
  };
}

std::vector<ConfigKey> GovernanceKeys() {
  using G = GovernanceConfig;
  using enum ValueKind;
  constexpr ValueLimits kCount{0, 1'000'000'000'000};
  return {
      Number(kInteger, "governance.default_rate_limit_per_min",
             kIn<&Config::governance, &G::default_rate_limit_per_min>, "0", kCount,
             "Requests a minute of a token without a policy of its own. 0: no limit, here and "
             "below."),
      Number(kInteger, "governance.default_rate_limit_per_hour",
             kIn<&Config::governance, &G::default_rate_limit_per_hour>, "0", kCount,
             "Requests an hour."),
      Number(kInteger, "governance.default_max_queries_per_hour",
             kIn<&Config::governance, &G::default_max_queries_per_hour>, "0", kCount,
             "Queries an hour, by the clock."),
      Number(kInteger, "governance.default_max_queries_per_day",
             kIn<&Config::governance, &G::default_max_queries_per_day>, "0", kCount,
             "Queries a day, UTC."),
      Number(kInteger, "governance.default_max_rows_per_query",
             kIn<&Config::governance, &G::default_max_rows_per_query>, "0", kCount,
             "Rows of an answer; more are cut off, and the answer says so."),
  };
}

std::vector<ConfigKey> AuditKeys() {
  using A = AuditConfig;
  using enum ValueKind;
  return {
      Boolean("audit_log.enabled", kIn<&Config::audit_log, &A::enabled>,
              "Whether changes, writes and refusals are recorded."),
      Boolean("audit_log.include_reads", kIn<&Config::audit_log, &A::include_reads>,
              "Whether queries and listings are as well."),
      Path("audit_log.directory", kIn<&Config::audit_log, &A::directory>,
           AutomaticValue{"audit in `storage.data_directory`", InDataDirectory<kAuditFolder>},
           "Where its files are, and nothing else."),
      Number(kBytes, "audit_log.max_file_size", kIn<&Config::audit_log, &A::max_file_size>, "16MB",
             {64 * kKilobyte, kGigabyte}, "Then the next file begins."),
      Number(kBytes, "audit_log.max_total_size", kIn<&Config::audit_log, &A::max_total_size>, "1GB",
             {kMegabyte, 64 * kTerabyte},
             "All files together: the oldest are removed to stay below, however young."),
      Number(kInteger, "audit_log.retention_days", kIn<&Config::audit_log, &A::retention_days>,
             "90", {1, 36'500}, "Files whose entries are all older are removed."),
  };
}

std::vector<ConfigKey> DeleteKeys() {
  return {
      Boolean("delete.enabled", kIn<&Config::deletion, &DeleteConfig::enabled>,
              "Whether databases and measurements can be dropped over HTTP."),
  };
}

}  // namespace

const std::vector<ConfigKey>& ConfigKeys() {
  static const std::vector<ConfigKey> keys = [] {
    std::vector<ConfigKey> all;
    for (const auto& section : {ServerKeys(), LogKeys(), DatabaseKeys(), StorageKeys(),
                                IngestKeys(), WalKeys(), QueryKeys(), ImportKeys(), DeleteKeys(),
                                AuthKeys(), LimitsKeys(), GovernanceKeys(), AuditKeys()}) {
      all.insert(all.end(), section.begin(), section.end());
    }
    return all;
  }();
  return keys;
}

const ConfigKey* FindConfigKey(std::string_view name) {
  const auto& keys = ConfigKeys();
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [&](const ConfigKey& key) { return key.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

std::string EnvironmentNameOf(std::string_view key_name) {
  std::string name = "ARC_";
  for (const char c : key_name) {
    const bool is_lower = c >= 'a' && c <= 'z';
    name += c == '.' ? '_' : is_lower ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

}  // namespace arc::config
