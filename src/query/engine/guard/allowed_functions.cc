#include "query/engine/guard/allowed_functions.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace arc::engine {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::array kTableFunctions = {
    "arc_scan"sv,  // itself refuses direct calls
    "duckdb_columns"sv,  "duckdb_constraints"sv, "duckdb_databases"sv,  "duckdb_functions"sv,
    "duckdb_keywords"sv, "duckdb_schemas"sv,     "duckdb_tables"sv,     "duckdb_types"sv,
    "duckdb_views"sv,    "generate_series"sv,    "histogram"sv,         "histogram_values"sv,
    "json_each"sv,       "json_tree"sv,          "pg_timezone_names"sv, "range"sv,
    "repeat"sv,          "repeat_row"sv,         "summary"sv,           "unnest"sv,
};

constexpr std::array kSystemViews = {
    "duckdb_columns"sv, "duckdb_constraints"sv, "duckdb_databases"sv,
    "duckdb_schemas"sv, "duckdb_tables"sv,      "duckdb_views"sv,
};

constexpr std::array kFileFunctionPrefixes = {
    "read_"sv, "parquet_"sv, "sniff_csv"sv, "glob"sv, "delta_"sv, "iceberg_"sv, "copy_"sv,
};

constexpr std::array kRefusedScalars = {
    "currval"sv,                     // sequences: we have none
    "current_connection_id"sv,       // counters of the process
    "current_query_id"sv,            //
    "current_setting"sv,             // settings, among them our file prefix
    "current_transaction_id"sv,      //
    "getenv"sv,                      // the environment
    "getvariable"sv,                 //
    "json_serialize_plan"sv,         // plans a statement that the guard has not seen
    "nextval"sv,                     //
    "parse_duckdb_log_message"sv,    // logs
    "pg_sleep"sv,                    // keeps a thread without using it
    "setseed"sv,                     // changes state
    "sleep_ms"sv,                    //
    "txid_current"sv,                //
    "variant_bytes_to_variant"sv,    // does not check its bytes: DuckDB fails internally
    "variant_to_parquet_variant"sv,  //
    "write_log"sv,                   // logs
};

template <class Names>
bool Contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

bool IsAllowedTableFunction(const std::string& name) { return Contains(kTableFunctions, name); }

bool IsFileFunction(const std::string& name) {
  return std::any_of(kFileFunctionPrefixes.begin(), kFileFunctionPrefixes.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); }) ||
         name == "parquet_scan";
}

bool IsRefusedScalarFunction(const std::string& name) { return Contains(kRefusedScalars, name); }

bool IsAllowedSystemView(const std::string& name) { return Contains(kSystemViews, name); }

}  // namespace arc::engine
