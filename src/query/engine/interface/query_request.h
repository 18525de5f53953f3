// A query's request, and what is known about the query besides its rows.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "query/engine/interface/query_stop.h"

namespace arc::engine {

// A value for $1, ? or $name in the statement.
struct QueryParameter {
  std::string name;  // "1", "2", ... by position; or the name, without the dollar sign
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string> value;
};

struct QueryRequest {
  std::string sql;
  std::string database;  // what unqualified names mean; "" is the default database
  // Whether the client may read the measurement. Called from several threads, also after Start()
  // has returned, until the run is destroyed. Empty: everything may be read.
  std::function<bool(std::string_view database, std::string_view measurement)> may_read{};
  std::vector<QueryParameter> parameters{};
  // The first `offset` rows of the statement are skipped, then at most `limit` are returned.
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> limit{};
  // Whether the statement may name any database, or only `database` itself.
  bool may_name_databases = true;
  // Stored files that are known to be missing or damaged (EngineOptions::damaged_files) are left
  // out, and counted (QueryRun::left_out), instead of failing the query.
  bool allows_missing_files = false;
  std::string time_zone{};  // for date_trunc and the like, as in the tz database; empty: UTC
  // Stops the query from outside, also while it is planned. Null: the run makes its own.
  std::shared_ptr<QueryStop> stop{};
};

// The files that a query has left out: all missing or damaged files of the measurements that it
// reads.
struct LeftOut {
  std::uint64_t file_count = 0;
  std::uint64_t row_count = 0;
};

// What the plan of a query says before it runs.
struct PlanFacts {
  std::uint64_t estimated_rows = 0;  // of the answer: a guess when there are conditions
  std::uint64_t rows_to_scan = 0;    // in the files and buffers that may hold rows of the answer
};

}  // namespace arc::engine
