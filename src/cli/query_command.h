// `arc query`: one SQL statement to a running server, its rows to standard output.

#pragma once

#include <string>

#include "base/result.h"
#include "cli/client_connection.h"
#include "cli/console.h"

namespace arc {

enum class ResultFormat { kTable, kCsv, kJson };

struct QueryArguments {
  ConnectionArguments connection;
  std::string sql;       // "-", or empty when standard input is not a terminal: read from there.
  std::string database;  // Empty: the server's default.
  ResultFormat format = ResultFormat::kTable;
};

// Returns how the process ends. An incomplete result is written, but is a failure.
int RunQuery(const QueryArguments& arguments, const Console& console);

// {"sql": "..."} with everything escaped that JSON needs escaped.
std::string QueryRequestJson(std::string_view sql);

}  // namespace arc
