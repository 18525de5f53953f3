#include "query/engine/scan/arc_catalog.h"

#include "foundation/model/names.h"
#include "query/engine/scan/measurement_schema.h"
#include "query/engine/scan/query_context.h"
#include "query/engine/scan/scan_function.h"

namespace arc::engine {

namespace {

duckdb::unique_ptr<duckdb::Catalog> Attach(duckdb::optional_ptr<duckdb::StorageExtensionInfo> info,
                                           duckdb::ClientContext& context,
                                           duckdb::AttachedDatabase& database, const std::string&,
                                           duckdb::AttachInfo&, duckdb::AttachOptions&) {
  const auto& source = static_cast<const SnapshotSource&>(*info);
  return duckdb::make_uniq<ArcCatalog>(database, source,
                                       RegisterScanFunction(database.GetDatabase(), context));
}

duckdb::unique_ptr<duckdb::TransactionManager> MakeTransactionManager(
    duckdb::optional_ptr<duckdb::StorageExtensionInfo>, duckdb::AttachedDatabase& database,
    duckdb::Catalog& catalog) {
  return duckdb::make_uniq<ArcTransactionManager>(database, catalog.Cast<ArcCatalog>());
}

}  // namespace

void RegisterArcCatalog(duckdb::DatabaseInstance& database,
                        duckdb::shared_ptr<SnapshotSource> source) {
  auto extension = duckdb::make_shared_ptr<duckdb::StorageExtension>();
  extension->attach = Attach;
  extension->create_transaction_manager = MakeTransactionManager;
  extension->storage_info = std::move(source);
  duckdb::StorageExtension::Register(duckdb::DBConfig::GetConfig(database), "arc", extension);
}

// We have no functions, types or collations: so binding avg() does not ask us, and pins nothing.
duckdb::CatalogLookupBehavior ArcCatalog::CatalogTypeLookupRule(duckdb::CatalogType type) const {
  using duckdb::CatalogType;
  const bool is_ours = type == CatalogType::TABLE_ENTRY || type == CatalogType::VIEW_ENTRY ||
                       type == CatalogType::SCHEMA_ENTRY;
  return is_ours ? duckdb::CatalogLookupBehavior::STANDARD
                 : duckdb::CatalogLookupBehavior::NEVER_LOOKUP;
}

duckdb::optional_ptr<duckdb::SchemaCatalogEntry> ArcCatalog::LookupSchema(
    duckdb::CatalogTransaction transaction, const duckdb::EntryLookupInfo& lookup,
    duckdb::OnEntryNotFound if_not_found) {
  auto& view = transaction.transaction->Cast<ArcTransaction>().view();
  const auto& asked = lookup.GetEntryName();
  auto schema = view.FindSchema(asked);
  if (transaction.HasContext()) {
    // A client that may not read everything must not learn here which databases exist, nor how they
    // are spelled.
    auto& context = transaction.GetContext();
    const auto query = QueryContext::Of(context);
    const bool is_hidden = !schema || (schema->name != asked && !schema->IsVisibleTo(context));
    if (is_hidden && query && query->is_restricted() && CheckDatabaseName(asked).ok()) {
      return &view.SchemaOf(asked);
    }
  }
  if (schema) return schema.get();
  if (if_not_found == duckdb::OnEntryNotFound::THROW_EXCEPTION) {
    throw duckdb::CatalogException(lookup.GetErrorContext(),
                                   "Database with name \"%s\" does not exist",
                                   lookup.GetEntryName());
  }
  return nullptr;
}

void ArcCatalog::ScanSchemas(duckdb::ClientContext& context,
                             std::function<void(duckdb::SchemaCatalogEntry&)> callback) {
  auto& view = duckdb::Transaction::Get(context, *this).Cast<ArcTransaction>().view();
  for (const auto& name : view.snapshot().Databases()) {
    auto schema = view.FindSchema(name);
    if (schema && schema->IsVisibleTo(context)) callback(*schema);
  }
}

duckdb::optional_ptr<duckdb::CatalogEntry> ArcCatalog::CreateSchema(duckdb::CatalogTransaction,
                                                                    duckdb::CreateSchemaInfo&) {
  ThrowReadOnly();
}

void ArcCatalog::DropSchema(duckdb::ClientContext&, duckdb::DropInfo&) { ThrowReadOnly(); }

duckdb::PhysicalOperator& ArcCatalog::PlanCreateTableAs(duckdb::ClientContext&,
                                                        duckdb::PhysicalPlanGenerator&,
                                                        duckdb::LogicalCreateTable&,
                                                        duckdb::PhysicalOperator&) {
  ThrowReadOnly();
}

duckdb::PhysicalOperator& ArcCatalog::PlanInsert(duckdb::ClientContext&,
                                                 duckdb::PhysicalPlanGenerator&,
                                                 duckdb::LogicalInsert&,
                                                 duckdb::optional_ptr<duckdb::PhysicalOperator>) {
  ThrowReadOnly();
}

duckdb::PhysicalOperator& ArcCatalog::PlanDelete(duckdb::ClientContext&,
                                                 duckdb::PhysicalPlanGenerator&,
                                                 duckdb::LogicalDelete&,
                                                 duckdb::PhysicalOperator&) {
  ThrowReadOnly();
}

duckdb::PhysicalOperator& ArcCatalog::PlanUpdate(duckdb::ClientContext&,
                                                 duckdb::PhysicalPlanGenerator&,
                                                 duckdb::LogicalUpdate&,
                                                 duckdb::PhysicalOperator&) {
  ThrowReadOnly();
}

// With the default, CREATE INDEX on a measurement crashes the process.
duckdb::unique_ptr<duckdb::LogicalOperator> ArcCatalog::BindCreateIndex(
    duckdb::Binder&, duckdb::CreateStatement&, duckdb::TableCatalogEntry&,
    duckdb::unique_ptr<duckdb::LogicalOperator>) {
  ThrowReadOnly();
}

duckdb::unique_ptr<duckdb::LogicalOperator> ArcCatalog::BindAlterAddIndex(
    duckdb::Binder&, duckdb::TableCatalogEntry&, duckdb::unique_ptr<duckdb::LogicalOperator>,
    duckdb::unique_ptr<duckdb::CreateIndexInfo>, duckdb::unique_ptr<duckdb::AlterTableInfo>) {
  ThrowReadOnly();
}

duckdb::Transaction& ArcTransactionManager::StartTransaction(duckdb::ClientContext& context) {
  const auto& source = catalog_.source();
  const auto query = QueryContext::Of(context);
  auto view = duckdb::make_shared_ptr<QueryView>(
      catalog_, SnapshotView(source.catalog, source.live_measurements),
      query ? query->default_database() : std::string(kDefaultDatabase));
  auto transaction = duckdb::make_uniq<ArcTransaction>(*this, context, std::move(view));
  auto& result = *transaction;
  const MutexLock lock(mutex_);
  running_[&result] = std::move(transaction);
  return result;
}

duckdb::ErrorData ArcTransactionManager::CommitTransaction(duckdb::ClientContext&,
                                                           duckdb::Transaction& transaction) {
  RollbackTransaction(transaction);
  return duckdb::ErrorData();
}

void ArcTransactionManager::RollbackTransaction(duckdb::Transaction& transaction) {
  duckdb::unique_ptr<ArcTransaction> ended;  // destroyed after the lock, as it may free buffers
  const MutexLock lock(mutex_);
  const auto found = running_.find(&transaction);
  if (found == running_.end()) return;
  ended = std::move(found->second);
  running_.erase(found);
}

}  // namespace arc::engine
