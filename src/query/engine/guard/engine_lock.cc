#include "query/engine/guard/engine_lock.h"

#include <array>
#include <string>
#include <vector>

#include "query/engine/guard/allowed_functions.h"

namespace arc::engine {
namespace {

using duckdb::CatalogType;

bool IsForbidden(const duckdb::SchemaCatalogEntry& schema, const duckdb::CatalogEntry& entry) {
  const auto name = duckdb::StringUtil::Lower(entry.name);
  switch (entry.type) {
    case CatalogType::TABLE_FUNCTION_ENTRY:
    case CatalogType::TABLE_MACRO_ENTRY:
      return !IsAllowedTableFunction(name);
    case CatalogType::PRAGMA_FUNCTION_ENTRY:
    case CatalogType::COPY_FUNCTION_ENTRY:
      return true;
    case CatalogType::VIEW_ENTRY:
      return schema.name != "information_schema" && !IsAllowedSystemView(name);
    default:
      return IsRefusedScalarFunction(name) || IsFileFunction(name);
  }
}

constexpr std::array kLookedAt = {
    CatalogType::TABLE_FUNCTION_ENTRY,  CatalogType::PRAGMA_FUNCTION_ENTRY,
    CatalogType::COPY_FUNCTION_ENTRY,   CatalogType::VIEW_ENTRY,
    CatalogType::SCALAR_FUNCTION_ENTRY,
};

void RemoveFrom(duckdb::ClientContext& context, duckdb::DuckSchemaEntry& schema, CatalogType kind) {
  std::vector<std::string> forbidden;
  schema.Scan(context, kind, [&](duckdb::CatalogEntry& entry) {
    if (IsForbidden(schema, entry)) forbidden.push_back(entry.name);
  });
  for (const auto& name : forbidden) {
    schema.GetCatalogSet(kind).DropEntry(context, name, /*cascade=*/true,
                                         /*allow_drop_internal=*/true);
  }
}

void Set(duckdb::Connection& connection, const std::string& setting) {
  const auto result = connection.Query("SET " + setting);
  if (result->HasError()) result->ThrowError();
}

}  // namespace

void RemoveForbiddenFunctions(duckdb::Connection& connection) {
  auto& context = *connection.context;
  context.RunFunctionInTransaction([&] {
    auto& system = duckdb::Catalog::GetSystemCatalog(context);
    duckdb::vector<duckdb::reference<duckdb::SchemaCatalogEntry>> schemas =
        system.GetSchemas(context);
    for (auto& schema : schemas) {
      for (const auto kind : kLookedAt) {
        RemoveFrom(context, schema.get().Cast<duckdb::DuckSchemaEntry>(), kind);
      }
    }
  });
}

void LockSettings(duckdb::Connection& connection, const std::string& file_prefix) {
  Set(connection, "GLOBAL TimeZone = 'UTC'");
  Set(connection, "autoinstall_known_extensions = false");
  Set(connection, "autoload_known_extensions = false");
  Set(connection, "allow_community_extensions = false");
  Set(connection, "allowed_directories = ['" + file_prefix + "/']");
  Set(connection, "enable_external_access = false");
  Set(connection, "lock_configuration = true");
}

}  // namespace arc::engine
