#include "query/engine/duckdb_instance.h"

#include <algorithm>

#include "query/engine/duckdb/engine_error.h"
#include "query/engine/guard/engine_lock.h"
#include "query/engine/guard/guarded_functions.h"
#include "query/engine/rules/calendar_rule.h"
#include "query/engine/rules/join_filter_rule.h"
#include "query/engine/rules/time_order.h"
#include "query/engine/rules/try_cast_rule.h"
#include "query/engine/rules/window_rule.h"
#include "query/engine/scan/arc_catalog.h"
#include "query/engine/scan/plan_facts.h"
#include "query/engine/scan/snapshot_file_system.h"

namespace arc::engine {
namespace {

void Configure(const EngineOptions& options, duckdb::DBConfig& config) {
  const auto threads = static_cast<std::int64_t>(options.thread_count);
  config.SetOptionByName("memory_limit",
                         duckdb::Value(std::to_string(options.memory_limit_bytes) + "B"));
  config.SetOptionByName("threads", duckdb::Value::BIGINT(threads));
  config.SetOptionByName("external_threads", duckdb::Value::BIGINT(threads));
  config.SetOptionByName("temp_directory", duckdb::Value(options.temp_directory));
  config.SetOptionByName("preserve_insertion_order", duckdb::Value::BOOLEAN(false));
  // These two lose rows: of a LEFT JOIN with unnest() (duckdb#25213), and of EXISTS around a
  // subquery that selects a column of the outer row (duckdb#22267).
  config.SetOptionByName("disabled_optimizers", duckdb::Value("join_elimination,deliminator"));
}

}  // namespace

DuckDbInstance::DuckDbInstance(const EngineOptions& options, const catalog::Catalog& catalog,
                               const buffer::LiveMeasurements& live_measurements,
                               Counter& files_opened)
    : file_prefix_(DrawFilePrefix()), damaged_files_(options.damaged_files) {
  duckdb::DBConfig config;
  Configure(options, config);
  database_.emplace(nullptr, &config);
  auto& instance = *database_->instance;
  instance.GetFileSystem().RegisterSubSystem(duckdb::make_uniq<SnapshotFileSystem>(
      file_prefix_, options.storage_root, *options.disk, options.damaged_files));
  RegisterArcCatalog(instance, duckdb::make_shared_ptr<SnapshotSource>(catalog, live_measurements,
                                                                       file_prefix_, files_opened));
  RegisterTimeOrder(instance);
  RegisterWindowRule(instance);
  RegisterTryCastRule(instance);
  RegisterCalendarRule(instance);
  RegisterJoinFilterRule(instance);
  RegisterPlanFacts(instance);
  duckdb::Connection connection(*database_);
  const auto attached = connection.Query("ATTACH '' AS arc (TYPE arc, READ_ONLY)");
  if (attached->HasError()) attached->ThrowError();
  RemoveForbiddenFunctions(connection);
  GuardFunctions(connection, {options.value_bytes_max});
  LockSettings(connection, file_prefix_);
  // The thread that asks computes too, so one thread fewer is needed.
  threads_.emplace(instance, std::max<std::size_t>(options.thread_count, 1) - 1);
}

void DuckDbInstance::NoteDamage(const duckdb::ErrorData& error) const {
  const auto path = FileNamedIn(error.RawMessage(), file_prefix_);
  if (path && damaged_files_ != nullptr) {
    damaged_files_->Report(*path, integrity::Damage::kWrong, "it cannot be read as Parquet");
  }
}

PathSet DuckDbInstance::DamagedPaths() const {
  PathSet paths;
  if (damaged_files_ == nullptr) return paths;
  for (auto& file : damaged_files_->List()) paths.insert(std::move(file.path));
  return paths;
}

}  // namespace arc::engine
