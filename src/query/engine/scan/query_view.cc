#include "query/engine/scan/query_view.h"

#include "query/engine/scan/measurement_schema.h"

namespace arc::engine {

QueryView::QueryView(duckdb::Catalog& catalog, SnapshotView snapshot, std::string default_database)
    : catalog_(catalog),
      snapshot_(std::move(snapshot)),
      default_database_(std::move(default_database)) {}

QueryView::~QueryView() = default;

duckdb::optional_ptr<MeasurementSchema> QueryView::FindSchema(const std::string& name) {
  auto found = snapshot_.FindDatabase(name);
  if (!found && name == default_database_) found = name;
  if (!found) return nullptr;
  return &SchemaOf(*found);
}

MeasurementSchema& QueryView::SchemaOf(const std::string& name) {
  const MutexLock lock(mutex_);
  auto& schema = schemas_[name];
  if (!schema) {
    duckdb::CreateSchemaInfo info;
    info.schema = name;
    schema = duckdb::make_uniq<MeasurementSchema>(catalog_, info, *this);
  }
  return *schema;
}

}  // namespace arc::engine
