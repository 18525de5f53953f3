// A database as a DuckDB schema, and a measurement as a DuckDB table. Read-only.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "foundation/base/mutex.h"
#include "query/engine/duckdb/duckdb_api.h"
#include "query/engine/scan/query_view.h"
#include "query/engine/scan/snapshot_view.h"

namespace arc::engine {

// Throws the error for everything that would write.
[[noreturn]] void ThrowReadOnly();

// Lifetime: owned by its MeasurementSchema.
class MeasurementTable : public duckdb::TableCatalogEntry {
 public:
  MeasurementTable(duckdb::Catalog& catalog, duckdb::SchemaCatalogEntry& schema,
                   duckdb::CreateTableInfo& info, PinnedMeasurement measurement, QueryView& view);

  // The client's rights are checked here: names have been resolved to tables, so no alias, CTE or
  // search path can confuse the check.
  duckdb::TableFunction GetScanFunction(
      duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::FunctionData>& bind_data) override;
  duckdb::unique_ptr<duckdb::BaseStatistics> GetStatistics(duckdb::ClientContext&,
                                                           duckdb::column_t) override {
    return nullptr;
  }
  duckdb::TableStorageInfo GetStorageInfo(duckdb::ClientContext& context) override;
  // The default has `rowid`, which would end in an internal error.
  duckdb::virtual_column_map_t GetVirtualColumns() const override { return {}; }
  // Only DELETE, UPDATE and MERGE call it.
  duckdb::vector<duckdb::column_t> GetRowIdColumns() const override { ThrowReadOnly(); }

 private:
  // Throws when the pin has become too old.
  std::shared_ptr<const TableView> Load(duckdb::ClientContext& context);

  const PinnedMeasurement measurement_;
  QueryView& view_;
  Mutex mutex_;
  std::shared_ptr<const TableView> table_ GUARDED_BY(mutex_);  // loaded once for the query
};

// Lifetime: owned by its QueryView.
class MeasurementSchema : public duckdb::SchemaCatalogEntry {
 public:
  MeasurementSchema(duckdb::Catalog& its_catalog, duckdb::CreateSchemaInfo& info, QueryView& view)
      : SchemaCatalogEntry(its_catalog, info), view_(view) {}

  // False when the client may read no measurement of the database.
  bool IsVisibleTo(duckdb::ClientContext& context) const;

  duckdb::optional_ptr<duckdb::CatalogEntry> LookupEntry(
      duckdb::CatalogTransaction transaction, const duckdb::EntryLookupInfo& lookup) override;
  void Scan(duckdb::ClientContext& context, duckdb::CatalogType type,
            const std::function<void(duckdb::CatalogEntry&)>& callback) override;
  void Scan(duckdb::CatalogType, const std::function<void(duckdb::CatalogEntry&)>&) override {}
  duckdb::SimilarCatalogEntry GetSimilarEntry(duckdb::CatalogTransaction transaction,
                                              const duckdb::EntryLookupInfo& lookup) override;

  using Entry = duckdb::optional_ptr<duckdb::CatalogEntry>;
  using Transaction = duckdb::CatalogTransaction;
  Entry CreateIndex(Transaction, duckdb::CreateIndexInfo&, duckdb::TableCatalogEntry&) override {
    ThrowReadOnly();
  }
  Entry CreateFunction(Transaction, duckdb::CreateFunctionInfo&) override { ThrowReadOnly(); }
  Entry CreateTable(Transaction, duckdb::BoundCreateTableInfo&) override { ThrowReadOnly(); }
  Entry CreateView(Transaction, duckdb::CreateViewInfo&) override { ThrowReadOnly(); }
  Entry CreateSequence(Transaction, duckdb::CreateSequenceInfo&) override { ThrowReadOnly(); }
  Entry CreateTableFunction(Transaction, duckdb::CreateTableFunctionInfo&) override {
    ThrowReadOnly();
  }
  Entry CreateCopyFunction(Transaction, duckdb::CreateCopyFunctionInfo&) override {
    ThrowReadOnly();
  }
  Entry CreatePragmaFunction(Transaction, duckdb::CreatePragmaFunctionInfo&) override {
    ThrowReadOnly();
  }
  Entry CreateCollation(Transaction, duckdb::CreateCollationInfo&) override { ThrowReadOnly(); }
  Entry CreateType(Transaction, duckdb::CreateTypeInfo&) override { ThrowReadOnly(); }
  void DropEntry(duckdb::ClientContext&, duckdb::DropInfo&) override { ThrowReadOnly(); }
  void Alter(Transaction, duckdb::AlterInfo&) override { ThrowReadOnly(); }

 private:
  MeasurementTable& TableOf(PinnedMeasurement measurement);

  QueryView& view_;
  Mutex mutex_;
  std::map<std::string, duckdb::unique_ptr<MeasurementTable>> tables_ GUARDED_BY(mutex_);
};

}  // namespace arc::engine
