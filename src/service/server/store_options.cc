#include "service/server/store_options.h"

#include <algorithm>
#include <string>

namespace arc::server {
namespace {

store::Store::Durability DurabilityOf(const std::string& word) {
  if (word == "interval") return store::Store::Durability::kInterval;
  return word == "off" ? store::Store::Durability::kOff : store::Store::Durability::kSync;
}

}  // namespace

Result<store::Store::Options> StoreOptionsOf(const config::Config& config) {
  store::Store::Options options;
  options.data_directory = config.storage.data_directory.string();
  options.files_root = config.storage.local_path.string();
  options.catalog_path = config.storage.catalog_path.string();
  options.wal_directory = config.wal.directory.string();
  options.compression = TRY(encoding::ParseCompression(config.ingest.compression));
  options.durability = DurabilityOf(config.wal.durability);
  options.sync_interval = config.wal.sync_interval_ms;
  options.acknowledge_timeout = config.wal.acknowledge_timeout;
  options.segment_bytes = config.wal.segment_size;
  options.log_bytes_max = config.wal.max_size;
  options.record_bytes_max = config.wal.max_record_size;
  options.memory_budget = config.ingest.memory_budget;
  options.limits.columns_max = config.ingest.max_columns;
  options.limits.measurements_max = config.ingest.max_measurements;
  options.limits.name_bytes_max = config.ingest.max_name_size;
  options.limits.value_bytes_max = config.ingest.max_value_size;
  options.flush_policy.rows_max = config.ingest.max_buffer_size;
  options.flush_policy.age_max = config.ingest.max_buffer_age_ms;
  options.flush_policy.file_rows_min = config.ingest.min_file_rows;
  options.flush_policy.small_age_max =
      std::max(config.ingest.max_small_buffer_age_ms, config.ingest.max_buffer_age_ms);
  options.flush_workers = config.ingest.flush_workers;
  return options;
}

}  // namespace arc::server
