#include "service/config/known_names.h"

#include <algorithm>
#include <set>
#include <vector>

#include "foundation/text/closest_name.h"
#include "service/config/config_keys.h"

namespace arc::config {
namespace {

struct UnusedSection {
  std::string_view name;
  std::vector<std::string_view> keys;  // "s3_*" stands for every key that begins so.
};

const std::vector<UnusedSection>& UnusedSections() {
  static const std::vector<UnusedSection> sections = {
      {"server", {"storage_credentials_fail_ready"}},
      {"database", {"enable_wal", "arcx_extension_path", "preserve_insertion_order"}},
      {"storage", {"s3_*", "azure_*", "file_format"}},
      {"ingest",
       {"use_dictionary", "numeric_dictionary", "write_statistics", "data_page_version",
        "flush_queue_size", "shard_count", "sort_keys", "default_sort_keys",
        "flush_timeout_seconds", "decimal_columns", "default_decimal_columns"}},
      {"cache", {"enabled", "max_size_mb", "default_ttl"}},
      {"compaction",
       {"enabled", "hourly_*", "daily_*", "max_concurrent", "max_files_per_batch", "temp_directory",
        "memory_limit", "threads", "completion_*"}},
      {"wal", {"max_size_mb", "max_age_seconds", "recovery_*", "buffer_size"}},
      {"delete", {"confirmation_threshold", "max_rows_per_delete"}},
      {"retention", {"enabled", "db_path"}},
      {"continuous_query", {"enabled", "db_path"}},
      {"scheduler", {"retention_schedule"}},
      {"query", {"enable_s3_cache", "s3_cache_size", "s3_cache_ttl_seconds", "file_time_pruning"}},
      {"backup", {"enabled", "local_path"}},
      {"mqtt", {"enabled"}},
      {"metrics", {"timeseries_retention_minutes", "timeseries_interval_seconds"}},
      {"telemetry", {"enabled", "endpoint", "interval_seconds"}},
      {"iceberg",
       {"enabled", "warehouse", "namespace_prefix", "reconcile_interval", "catalog_db_path",
        "retain_snapshots"}},
      {"edge_sync",
       {"enabled", "hub_id", "max_file_bytes", "max_reconcile_entries",
        "staging_sweep_max_age_hours", "compact_received_namespaces"}},
      {"edge_sync.import", {"enabled", "allowed_dirs", "max_files"}},
      {"edge_sync.spoke",
       {"enabled", "hub_url", "spoke_id", "hub_id", "max_attempts", "max_concurrent", "batch_size",
        "ledger_retention_days", "defer_compaction_until_synced"}},
      {"edge_sync.spoke.bundle", {"enabled", "allowed_dirs", "max_files", "max_bytes"}},
      {"tiered_storage", {"enabled", "migration_*", "default_hot_max_age_days"}},
      {"tiered_storage.cold", {"enabled", "backend", "s3_*", "azure_*", "retrieval_mode"}},
      {"governance", {"enabled"}},
      {"query_management", {"enabled", "history_size"}},
      {"reconciliation",
       {"enabled", "schedule", "grace_window_seconds", "clock_skew_allowance_seconds",
        "per_prefix_timeout_seconds", "max_run_duration_seconds", "max_manifest_size",
        "max_deletes_per_run", "batch_size", "delete_pre_manifest_orphans", "manifest_only_dry_run",
        "sample_paths_cap", "max_root_walk_databases", "recheck_concurrency"}},
      {"cluster",
       {"enabled", "node_id", "role", "cluster_name", "seeds", "coordinator_addr", "advertise_addr",
        "health_check_*", "unhealthy_threshold", "heartbeat_*", "raft_*", "route_*",
        "replication_*", "query_gate_on_catchup", "sharding_*", "failover_*", "shared_secret",
        "tls_*", "shared_storage_mode"}},
      {"cluster.rbac", {"max_cascade_descendants"}},
      {"license", {"enabled", "key", "file_path"}},
      // Read from the environment only.
      {"edge_sync", {"spoke_secret", "hub_token"}},
      {"encryption", {"key"}},
      {"debug", {"pprof*"}},
  };
  return sections;
}

bool Matches(std::string_view pattern, std::string_view name) {
  if (!pattern.ends_with('*')) return pattern == name;
  return name.starts_with(pattern.substr(0, pattern.size() - 1));
}

// Every unused key as "section.key", patterns included.
const std::vector<std::string>& UnusedPatterns() {
  static const std::vector<std::string> patterns = [] {
    std::vector<std::string> all;
    for (const auto& section : UnusedSections()) {
      for (const auto key : section.keys) {
        all.push_back(std::string(section.name) + '.' + std::string(key));
      }
    }
    return all;
  }();
  return patterns;
}

std::string_view SectionOf(std::string_view key_name) {
  return key_name.substr(0, key_name.rfind('.'));
}

std::set<std::string> KnownSections() {
  std::set<std::string> sections;
  for (const auto& key : ConfigKeys()) sections.emplace(SectionOf(key.name));
  for (const auto& section : UnusedSections()) sections.emplace(section.name);
  return sections;
}

std::vector<std::string> KnownKeyNames() {
  std::vector<std::string> names;
  for (const auto& key : ConfigKeys()) names.emplace_back(key.name);
  for (const auto& name : UnusedPatterns()) {
    if (!name.ends_with('*')) names.push_back(name);
  }
  return names;
}

}  // namespace

bool IsUnusedKey(std::string_view name) {
  return std::ranges::any_of(UnusedPatterns(), [&](const auto& p) { return Matches(p, name); });
}

bool IsUnusedVariable(std::string_view variable) {
  return std::ranges::any_of(UnusedPatterns(), [&](const auto& pattern) {
    return Matches(EnvironmentNameOf(pattern), variable);
  });
}

bool IsKnownSection(std::string_view section) {
  return KnownSections().contains(std::string(section));
}

std::string SuggestKey(std::string_view typed) {
  // The right key in the wrong section, or in none.
  const auto last_word = typed.substr(typed.rfind('.') + 1);
  for (const auto& key : ConfigKeys()) {
    if (key.name.substr(key.name.rfind('.') + 1) == last_word) {
      return " (did you mean '" + std::string(key.name) + "'?)";
    }
  }
  return DidYouMean(typed, KnownKeyNames());
}

std::string SuggestSection(std::string_view typed) {
  const auto sections = KnownSections();
  return DidYouMean(typed, std::vector<std::string>(sections.begin(), sections.end()));
}

std::string SuggestVariable(std::string_view typed) {
  std::vector<std::string> variables;
  for (const auto& name : KnownKeyNames()) variables.push_back(EnvironmentNameOf(name));
  return DidYouMean(typed, variables);
}

}  // namespace arc::config
