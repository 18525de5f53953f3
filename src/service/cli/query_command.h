// `arc query`: SQL to a running server, the rows to standard output. One statement, or on a
// terminal many (query_shell.h).

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "foundation/base/result.h"
#include "service/cli/client_connection.h"
#include "service/cli/console.h"
#include "service/cli/query_answer.h"

namespace arc::cli {

enum class ResultFormat { kTable, kCsv, kJson };
// "table", "csv", "json".
std::optional<ResultFormat> ParseResultFormat(std::string_view name);

struct QueryArguments {
  ConnectionArguments connection;
  // "-", or empty when standard input is not a terminal: read from there. Empty on a terminal:
  // asked for.
  std::string sql;
  std::string database;  // Empty: the server's default.
  ResultFormat format = ResultFormat::kTable;
};

// Returns how the process ends. An incomplete result is written, but is a failure.
int RunQuery(const QueryArguments& arguments, const Console& console);

struct QueryQuestion {
  std::string sql;
  std::optional<std::uint64_t> limit{};  // of rows
};

// Blocks until the answer is complete; arguments.sql is not used.
Result<std::unique_ptr<QueryAnswer>> AskQuery(const QueryArguments& arguments,
                                              const QueryQuestion& question,
                                              const Console& console);
// To console.out.
Result<void> WriteRows(QueryAnswer& answer, ResultFormat format, const Console& console);

// {"sql": "..."} with everything escaped that JSON needs escaped, and the limit.
std::string QueryRequestJson(const QueryQuestion& question);

}  // namespace arc::cli
