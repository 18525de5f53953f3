#include "service/config/config_checks.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "foundation/time/day_text.h"
#include "service/config/config_value.h"
#include "service/config/memory_shares.h"

namespace arc::config {
namespace {

std::optional<Contradiction> FindTooLargeShares(const Config& config) {
  const auto shares = SharesOf(config);
  const auto limit = config.server.memory_limit;
  if (shares.all() <= limit) return std::nullopt;
  return Contradiction{{"server.memory_limit", "database.memory_limit", "ingest.memory_budget",
                        "query.reader_memory_budget", "server.max_inflight_body_bytes"},
                       "server.memory_limit (" + FormatByteCount(limit) +
                           ") is less than its shares together (" + FormatByteCount(shares.all()) +
                           "): database.memory_limit " + FormatByteCount(shares.engine) +
                           ", ingest.memory_budget " + FormatByteCount(shares.rows) +
                           ", query.reader_memory_budget " + FormatByteCount(shares.readers) +
                           ", server.max_inflight_body_bytes " + FormatByteCount(shares.bodies) +
                           ", the program " + FormatByteCount(shares.program) +
                           ": raise it, or lower one of them"};
}

// True when `path` is `folder` or below it. Compares names only: links are not followed.
bool IsInside(const std::filesystem::path& path, const std::filesystem::path& folder) {
  const auto normal = [](const std::filesystem::path& p) {
    auto absolute = std::filesystem::absolute(p).lexically_normal();
    return absolute.has_filename() ? absolute : absolute.parent_path();
  };
  const auto outer = normal(folder);
  const auto inner = normal(path);
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

// By its text: names are not looked up.
bool IsThisMachine(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

// Not a contradiction but the one text with a form of its own.
std::optional<Contradiction> FindBadMinTime(const Config& config) {
  const auto& text = config.ingest.min_time;
  if (text.empty() || ParseDay(text)) return std::nullopt;
  return Contradiction{{"ingest.min_time"},
                       "ingest.min_time = \"" + text +
                           "\": expected a date such as \"1970-01-01\" or \"-20000-01-01\", or "
                           "\"\" for no limit"};
}

}  // namespace

std::vector<Contradiction> FindContradictions(const Config& config) {
  std::vector<Contradiction> found;
  if (config.server.max_payload_size > config.server.max_inflight_body_bytes) {
    found.push_back(
        {{"server.max_payload_size", "server.max_inflight_body_bytes"},
         "server.max_payload_size (" + FormatByteCount(config.server.max_payload_size) +
             ") is more than server.max_inflight_body_bytes (" +
             FormatByteCount(config.server.max_inflight_body_bytes) +
             "): the largest body would never be accepted; lower the first or raise the second"});
  }
  if (auto shares = FindTooLargeShares(config)) found.push_back(*std::move(shares));
  if (auto min_time = FindBadMinTime(config)) found.push_back(*std::move(min_time));
  if (config.audit_log.enabled &&
      config.audit_log.max_total_size / 2 < config.audit_log.max_file_size) {
    found.push_back({{"audit_log.max_total_size", "audit_log.max_file_size"},
                     "audit_log.max_total_size (" +
                         FormatByteCount(config.audit_log.max_total_size) +
                         ") is less than twice audit_log.max_file_size (" +
                         FormatByteCount(config.audit_log.max_file_size) +
                         "): a new file would leave no room for the one before it; raise the first "
                         "or lower the second"});
  }
  const auto needs_file = [&](const char* key, const std::string& path) {
    if (!config.server.tls_enabled || !path.empty()) return;
    found.push_back({{"server.tls_enabled", key},
                     std::string("server.tls_enabled needs ") + key + ": name a file in PEM"});
  };
  needs_file("server.tls_cert_file", config.server.tls_cert_file);
  needs_file("server.tls_key_file", config.server.tls_key_file);
  const auto must_be_outside = [&](const char* key, const std::filesystem::path& path) {
    if (!IsInside(path, config.storage.local_path)) return;
    found.push_back({{key, "storage.local_path"},
                     std::string(key) + " (" + path.string() + ") is inside storage.local_path (" +
                         config.storage.local_path.string() +
                         "), where every folder is a database: choose a place outside of it"});
  };
  must_be_outside("storage.catalog_path", config.storage.catalog_path);
  must_be_outside("database.temp_directory", config.database.temp_directory);
  must_be_outside("import.spool_directory", config.import.spool_directory);
  must_be_outside("wal.directory", config.wal.directory);
  if (config.auth.enabled) must_be_outside("auth.db_path", config.auth.db_path);
  if (config.audit_log.enabled) {
    must_be_outside("audit_log.directory", config.audit_log.directory);
  }
  return found;
}

std::vector<std::string> FindRisks(const Config& config, const Machine& machine) {
  std::vector<std::string> risks;
  if (config.server.memory_limit > machine.memory_bytes) {
    risks.push_back("server.memory_limit (" + FormatByteCount(config.server.memory_limit) +
                    ") is more than the memory of this machine (" +
                    FormatByteCount(machine.memory_bytes) +
                    "): the server may be killed under load");
  }
  if (!config.auth.enabled && !IsThisMachine(config.server.host)) {
    risks.push_back(
        "auth.enabled is false, and server.host is no address of this machine alone: whoever "
        "reaches the port may read, write and drop everything");
  }
  return risks;
}

}  // namespace arc::config
