// The configuration of the server, as plain typed values.
//
// Every field has one entry in config_keys.cc, which holds its default, its limits and what it
// means; docs/configuration.md is the same list for people. A Config comes from LoadConfig
// (load_config.h) or DefaultConfig and is constant afterwards.

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "service/config/machine.h"

namespace arc::config {

struct ServerConfig {
  std::string host;  // Empty: every address, IPv4 and IPv6.
  std::uint16_t port = 0;
  std::chrono::seconds read_timeout{};
  std::chrono::seconds write_timeout{};
  std::chrono::seconds idle_timeout{};
  std::chrono::seconds shutdown_timeout{};
  std::uint64_t memory_limit = 0;             // Bytes of the whole process.
  std::uint64_t max_payload_size = 0;         // Bytes of one body held in memory.
  std::uint64_t max_inflight_body_bytes = 0;  // Bytes of all such bodies together.
  std::uint64_t max_connections = 0;
  std::uint64_t io_threads = 0;
  bool tls_enabled = false;
  std::string tls_cert_file;  // PEM. Empty without TLS.
  std::string tls_key_file;
  std::string cors_origins;  // Comma-separated.
};

struct LogConfig {
  std::string level;   // debug, info, warn, error, fatal or panic.
  std::string format;  // json or console.
};

struct DatabaseConfig {
  std::uint64_t max_connections = 0;  // Queries that run at the same time.
  std::uint64_t memory_limit = 0;     // Bytes.
  std::uint64_t thread_count = 0;
  std::filesystem::path temp_directory;
};

struct StorageConfig {
  std::string backend;                   // local.
  std::filesystem::path data_directory;  // Lock, format version, and what the others default to.
  bool must_exist = false;               // Refuse to begin as a new server.
  std::filesystem::path local_path;      // The Parquet files: database/measurement/...
  std::filesystem::path catalog_path;
  std::uint64_t scrub_bytes_per_second = 0;  // Zero: stored files are verified on demand only.
};

struct IngestConfig {
  std::uint64_t max_buffer_size = 0;  // Rows of one measurement.
  std::chrono::milliseconds max_buffer_age_ms{};
  std::uint64_t min_file_rows = 0;  // Fewer wait for max_small_buffer_age_ms.
  std::chrono::milliseconds max_small_buffer_age_ms{};
  std::string compression;  // lz4, snappy, zstd, gzip or none.
  std::uint64_t flush_workers = 0;
  std::uint64_t memory_budget = 0;     // Bytes.
  std::uint64_t max_columns = 0;       // Of one measurement.
  std::uint64_t max_measurements = 0;  // Of one database.
  std::uint64_t max_name_size = 0;     // Bytes of a column's name.
  std::uint64_t max_value_size = 0;    // Bytes of a string.
  std::chrono::seconds max_future{};   // How far ahead a time may be. Zero: no limit.
  std::string min_time;                // A date as ParseDay reads it; empty: no limit.
  std::uint64_t rejections_kept = 0;   // Refused rows that are shown.
};

struct WalConfig {
  std::string durability;  // sync, interval or off.
  std::chrono::milliseconds sync_interval_ms{};
  std::chrono::seconds acknowledge_timeout{};
  std::filesystem::path directory;
  std::uint64_t segment_size = 0;     // Bytes.
  std::uint64_t max_size = 0;         // Bytes of all segments.
  std::uint64_t max_record_size = 0;  // Bytes of one request's rows.
};

struct QueryConfig {
  std::chrono::seconds timeout{};   // Zero: none.
  std::uint64_t max_rows = 0;       // Of one answer. Zero: no limit.
  std::uint64_t default_limit = 0;  // Rows of an answer without a limit. Zero: none.
  std::uint64_t max_sql_bytes = 0;
  std::uint64_t max_value_size = 0;  // Bytes of one value that a function makes.
  std::uint64_t queue_size = 0;      // Queries that wait for a turn.
  std::chrono::seconds queue_timeout{};
  std::chrono::milliseconds slow_query_threshold_ms{};  // Zero: none is slow.
  std::uint64_t history_size = 0;                       // Queries that have ended.
  std::uint64_t max_cursors = 0;
  std::chrono::seconds cursor_timeout{};
  std::uint64_t max_spool_size = 0;        // Bytes of all spooled results.
  std::uint64_t reader_memory_budget = 0;  // Bytes.
};

struct ImportConfig {
  std::uint64_t max_file_size = 0;  // Bytes.
  std::filesystem::path spool_directory;
};

struct DeleteConfig {
  bool enabled = false;  // Whether databases and measurements can be dropped over HTTP.
};

struct AuthConfig {
  bool enabled = true;  // Whether requests need a token.
  std::filesystem::path db_path;
  std::chrono::seconds cache_ttl{};
  std::uint64_t max_cache_size = 0;  // Tokens.
  std::string bootstrap_token;       // Of the first admin; empty: one is drawn.
  bool force_bootstrap = false;
};

// Zero is no limit.
struct LimitsConfig {
  std::uint64_t token_requests_per_second = 0;
  std::uint64_t token_bytes_per_second = 0;
  std::uint64_t address_requests_per_second = 0;
  std::uint64_t address_bytes_per_second = 0;
  std::uint64_t failed_auth_per_minute = 0;
};

// For tokens without a policy of their own. Zero is no limit.
struct GovernanceConfig {
  std::uint64_t default_rate_limit_per_min = 0;
  std::uint64_t default_rate_limit_per_hour = 0;
  std::uint64_t default_max_queries_per_hour = 0;
  std::uint64_t default_max_queries_per_day = 0;
  std::uint64_t default_max_rows_per_query = 0;
};

struct AuditConfig {
  bool enabled = false;
  bool include_reads = false;
  std::filesystem::path directory;
  std::uint64_t max_file_size = 0;   // Bytes.
  std::uint64_t max_total_size = 0;  // Bytes.
  std::uint64_t retention_days = 0;
};

struct Config {
  ServerConfig server;
  LogConfig log;
  DatabaseConfig database;
  StorageConfig storage;
  IngestConfig ingest;
  WalConfig wal;
  QueryConfig query;
  ImportConfig import;
  DeleteConfig deletion;
  AuthConfig auth;
  LimitsConfig limits;
  GovernanceConfig governance;
  AuditConfig audit_log;
};

// What a server without a file, environment or flags runs with on `machine`.
Config DefaultConfig(const Machine& machine = ThisMachine());

}  // namespace arc::config
