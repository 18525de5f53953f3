#include "query/engine/scan/measurement_schema.h"

#include <algorithm>

#include "query/engine/scan/arc_catalog.h"
#include "query/engine/scan/buffer_reader.h"
#include "query/engine/scan/query_context.h"
#include "query/engine/scan/scan_function.h"

namespace arc::engine {

namespace {

bool MayRead(duckdb::ClientContext& context, const std::string& database,
             const std::string& measurement) {
  const auto query = QueryContext::Of(context);
  return !query || query->MayRead(database, measurement);
}

}  // namespace

void ThrowReadOnly() {
  throw duckdb::PermissionException(
      "measurements are written through the write API, not with SQL: this database is read-only");
}

MeasurementTable::MeasurementTable(duckdb::Catalog& catalog_entry,
                                   duckdb::SchemaCatalogEntry& schema_entry,
                                   duckdb::CreateTableInfo& info, PinnedMeasurement measurement,
                                   QueryView& view)
    : TableCatalogEntry(catalog_entry, schema_entry, info),
      measurement_(std::move(measurement)),
      view_(view) {}

std::shared_ptr<const TableView> MeasurementTable::Load(duckdb::ClientContext& context) {
  const MutexLock lock(mutex_);
  if (table_) return table_;
  const auto query = QueryContext::Of(context);
  table_ = view_.snapshot().Load(measurement_, query ? query->paths_left_out() : PathSet());
  if (!table_) {
    if (query) query->RequireNewPin();
    throw duckdb::TransactionException("the query's snapshot is too old");
  }
  if (query) query->AddTable(table_);
  if (query && measurement_.state) {
    const auto& all = measurement_.state->files;
    const auto& read = table_->files();
    query->AddLeftOut({all.size() - read.size(), all.row_count() - read.row_count()});
  }
  return table_;
}

duckdb::TableFunction MeasurementTable::GetScanFunction(
    duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::FunctionData>& bind_data) {
  if (!MayRead(context, schema.name, name)) {
    QueryContext::Of(context)->Deny({schema.name, name});
    throw duckdb::PermissionException("no permission to read \"%s\".\"%s\"", schema.name, name);
  }
  const auto& arc = catalog.Cast<ArcCatalog>();
  auto info = duckdb::make_shared_ptr<ScanInfo>();
  info->query_view = view_.shared_from_this();
  info->table = Load(context);
  info->entry = this;
  info->file_prefix = arc.source().file_prefix;
  info->files_opened = &arc.source().files_opened;
  return BindScan(context, arc.scan_function(), std::move(info), bind_data);
}

duckdb::TableStorageInfo MeasurementTable::GetStorageInfo(duckdb::ClientContext&) {
  // For duckdb_tables(). Counts only the files, so that a listing does not read every buffer.
  duckdb::TableStorageInfo info;
  info.cardinality = measurement_.state ? measurement_.state->files.row_count() : 0;
  return info;
}

// An empty database is visible to clients that may read everything that may ever come into it.
bool MeasurementSchema::IsVisibleTo(duckdb::ClientContext& context) const {
  if (MayRead(context, name, "")) return true;
  const auto measurements = view_.snapshot().MeasurementNames(name);
  return std::any_of(measurements.begin(), measurements.end(),
                     [&](const auto& measurement) { return MayRead(context, name, measurement); });
}

duckdb::optional_ptr<duckdb::CatalogEntry> MeasurementSchema::LookupEntry(
    duckdb::CatalogTransaction transaction, const duckdb::EntryLookupInfo& lookup) {
  if (lookup.GetCatalogType() != duckdb::CatalogType::TABLE_ENTRY) return nullptr;
  const auto& asked = lookup.GetEntryName();
  auto found = view_.snapshot().FindMeasurement(name, asked);
  // To a client that may not read a measurement, it must look as if it did not exist, with the
  // client's own spelling.
  if (transaction.HasContext()) {
    auto& context = transaction.GetContext();
    if (!MayRead(context, name, found ? found->name.measurement : asked)) {
      QueryContext::Of(context)->NoteHidden({name, asked});
      return nullptr;
    }
  }
  return found ? &TableOf(std::move(*found)) : nullptr;
}

void MeasurementSchema::Scan(duckdb::ClientContext& context, duckdb::CatalogType wanted,
                             const std::function<void(duckdb::CatalogEntry&)>& callback) {
  if (wanted != duckdb::CatalogType::TABLE_ENTRY) return;
  for (const auto& measurement : view_.snapshot().MeasurementNames(name)) {
    if (!MayRead(context, name, measurement)) continue;
    if (auto found = view_.snapshot().FindMeasurement(name, measurement)) {
      callback(TableOf(std::move(*found)));
    }
  }
}

// For "did you mean": looks only at what the client may read. The default would make an entry for
// every measurement.
duckdb::SimilarCatalogEntry MeasurementSchema::GetSimilarEntry(
    duckdb::CatalogTransaction transaction, const duckdb::EntryLookupInfo& lookup) {
  duckdb::SimilarCatalogEntry best;
  if (!transaction.HasContext()) return best;
  for (const auto& measurement : view_.snapshot().MeasurementNames(name)) {
    const auto score = duckdb::StringUtil::SimilarityRating(measurement, lookup.GetEntryName());
    if (score <= best.score || !MayRead(transaction.GetContext(), name, measurement)) continue;
    best.name = measurement;
    best.score = score;
  }
  return best;
}

MeasurementTable& MeasurementSchema::TableOf(PinnedMeasurement measurement) {
  const MutexLock lock(mutex_);
  auto& table = tables_[measurement.name.measurement];
  if (!table) {
    duckdb::CreateTableInfo info(*this, measurement.name.measurement);
    for (auto& column : ColumnsOf(*measurement.schema)) {
      info.columns.AddColumn(duckdb::ColumnDefinition(column.name, column.type));
    }
    info.constraints.push_back(
        duckdb::make_uniq<duckdb::NotNullConstraint>(duckdb::LogicalIndex(0)));
    table =
        duckdb::make_uniq<MeasurementTable>(catalog, *this, info, std::move(measurement), view_);
  }
  return *table;
}

}  // namespace arc::engine
