// The DuckDB catalog `arc`: databases are schemas, measurements are tables.
//
// It stores nothing. When a query first looks up a name, DuckDB starts a transaction, and that is
// the pin: StartTransaction takes a SnapshotView (snapshot_view.h). Every later look-up of the
// query is answered from it, so the whole query sees one moment. Schemas and tables are made the
// first time they are asked for, and live as long as the transaction or a scan that uses them
// (QueryView). When DuckDB ends the transaction, the pin is gone; commit and rollback are the same.
//
// Everything that would write is refused: CREATE, DROP, INSERT, UPDATE, DELETE, indexes. The guard
// refuses such statements too; this is the second line of defence.
//
// A client that may not read everything must not find out by error messages which databases exist.
// To such a client a database that it cannot see looks like one that is there and empty.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "data/buffer/live_measurements.h"
#include "data/catalog/catalog.h"
#include "foundation/base/metrics.h"
#include "foundation/base/mutex.h"
#include "query/engine/duckdb/duckdb_api.h"
#include "query/engine/scan/query_view.h"

namespace arc::engine {

inline constexpr const char* kCatalogName = "arc";

// Where snapshots come from. Outlives the DuckDB instance.
struct SnapshotSource : duckdb::StorageExtensionInfo {
  SnapshotSource(const catalog::Catalog& catalog_in, const buffer::LiveMeasurements& live_tables_in,
                 std::string file_prefix_in, Counter& files_opened_in)
      : catalog(catalog_in),
        live_measurements(live_tables_in),
        file_prefix(std::move(file_prefix_in)),
        files_opened(files_opened_in) {}

  const catalog::Catalog& catalog;
  const buffer::LiveMeasurements& live_measurements;
  const std::string file_prefix;  // of SnapshotFileSystem
  Counter& files_opened;
};

// Lets `ATTACH '' AS arc (TYPE arc)` make an ArcCatalog over `source`.
void RegisterArcCatalog(duckdb::DatabaseInstance& database,
                        duckdb::shared_ptr<SnapshotSource> source);

// The pin of one query: DuckDB starts it when the query first looks at the catalog, and ends it
// with the query.
class ArcTransaction : public duckdb::Transaction {
 public:
  ArcTransaction(duckdb::TransactionManager& its_manager, duckdb::ClientContext& its_context,
                 duckdb::shared_ptr<QueryView> view)
      : Transaction(its_manager, its_context), view_(std::move(view)) {}
  QueryView& view() { return *view_; }

 private:
  const duckdb::shared_ptr<QueryView> view_;
};

class ArcCatalog : public duckdb::Catalog {
 public:
  ArcCatalog(duckdb::AttachedDatabase& database, const SnapshotSource& source,
             duckdb::TableFunction scan_function)
      : Catalog(database), source_(source), scan_function_(std::move(scan_function)) {}

  const SnapshotSource& source() const { return source_; }
  const duckdb::TableFunction& scan_function() const { return scan_function_; }

  void Initialize(bool) override {}
  std::string GetCatalogType() override { return "arc"; }
  std::string GetDefaultSchema() const override { return std::string(kDefaultDatabase); }
  bool InMemory() override { return true; }
  std::string GetDBPath() override { return ""; }
  duckdb::DatabaseSize GetDatabaseSize(duckdb::ClientContext&) override { return {}; }
  duckdb::CatalogLookupBehavior CatalogTypeLookupRule(duckdb::CatalogType type) const override;
  duckdb::optional_ptr<duckdb::SchemaCatalogEntry> LookupSchema(
      duckdb::CatalogTransaction transaction, const duckdb::EntryLookupInfo& lookup,
      duckdb::OnEntryNotFound if_not_found) override;
  void ScanSchemas(duckdb::ClientContext& context,
                   std::function<void(duckdb::SchemaCatalogEntry&)> callback) override;

  duckdb::optional_ptr<duckdb::CatalogEntry> CreateSchema(duckdb::CatalogTransaction,
                                                          duckdb::CreateSchemaInfo&) override;
  void DropSchema(duckdb::ClientContext&, duckdb::DropInfo&) override;
  duckdb::PhysicalOperator& PlanCreateTableAs(duckdb::ClientContext&,
                                              duckdb::PhysicalPlanGenerator&,
                                              duckdb::LogicalCreateTable&,
                                              duckdb::PhysicalOperator&) override;
  duckdb::PhysicalOperator& PlanInsert(duckdb::ClientContext&, duckdb::PhysicalPlanGenerator&,
                                       duckdb::LogicalInsert&,
                                       duckdb::optional_ptr<duckdb::PhysicalOperator>) override;
  duckdb::PhysicalOperator& PlanDelete(duckdb::ClientContext&, duckdb::PhysicalPlanGenerator&,
                                       duckdb::LogicalDelete&, duckdb::PhysicalOperator&) override;
  duckdb::PhysicalOperator& PlanUpdate(duckdb::ClientContext&, duckdb::PhysicalPlanGenerator&,
                                       duckdb::LogicalUpdate&, duckdb::PhysicalOperator&) override;
  duckdb::unique_ptr<duckdb::LogicalOperator> BindCreateIndex(
      duckdb::Binder&, duckdb::CreateStatement&, duckdb::TableCatalogEntry&,
      duckdb::unique_ptr<duckdb::LogicalOperator>) override;
  duckdb::unique_ptr<duckdb::LogicalOperator> BindAlterAddIndex(
      duckdb::Binder&, duckdb::TableCatalogEntry&, duckdb::unique_ptr<duckdb::LogicalOperator>,
      duckdb::unique_ptr<duckdb::CreateIndexInfo>,
      duckdb::unique_ptr<duckdb::AlterTableInfo>) override;

 private:
  const SnapshotSource& source_;
  const duckdb::TableFunction scan_function_;
};

class ArcTransactionManager : public duckdb::TransactionManager {
 public:
  ArcTransactionManager(duckdb::AttachedDatabase& database, ArcCatalog& catalog)
      : TransactionManager(database), catalog_(catalog) {}

  duckdb::Transaction& StartTransaction(duckdb::ClientContext& context) override;
  duckdb::ErrorData CommitTransaction(duckdb::ClientContext& context,
                                      duckdb::Transaction& transaction) override;
  void RollbackTransaction(duckdb::Transaction& transaction) override;
  void Checkpoint(duckdb::ClientContext&, bool) override {}

 private:
  ArcCatalog& catalog_;
  Mutex mutex_;
  std::unordered_map<duckdb::Transaction*, duckdb::unique_ptr<ArcTransaction>> running_
      GUARDED_BY(mutex_);
};

}  // namespace arc::engine
