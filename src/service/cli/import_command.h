// `arc import`: sends a file to a running server, which stores its rows in a measurement.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "foundation/base/result.h"
#include "service/cli/client_connection.h"
#include "service/cli/console.h"

namespace arc::cli {

struct ImportArguments {
  ConnectionArguments connection;
  std::string file;
  std::string database;
  // Empty: the name of the file without its extension; of line protocol, all that the file has; of
  // TLE, the server's default.
  std::string measurement;
  std::string format;       // "csv", "parquet", "lp" or "tle"; empty: by the extension.
  std::string on_error;     // "fail" or "skip". Empty, here and below: the server's default.
  std::string time_column;  // CSV and Parquet only.
  std::string time_format;  // CSV and Parquet only.
  std::string delimiter;    // CSV only. One character, or "tab".
  std::string skip_rows;    // CSV only. A number.
  // CSV only. Nothing: the server's default; empty: no text stands for nothing.
  std::optional<std::string> null_values;
  bool decimal_comma = false;  // CSV only.
  std::string long_numbers;    // CSV and Parquet only. "text" or "round".
  std::string precision;       // Line protocol only.
};

// Returns how the process ends.
int RunImport(const ImportArguments& arguments, const Console& console);

// What a server says about an import.
struct ImportSummary {
  std::string database;
  std::string measurement;  // or several, with commas between
  std::uint64_t rows = 0;
  std::uint64_t partitions = 0;  // 0 when unknown
  std::string time_min{};        // As the server wrote it; empty when unknown.
  std::string time_max{};
  std::uint64_t skipped = 0;
  std::vector<std::string> skipped_reasons{};  // of the first ones
  std::vector<std::string> warnings{};
};
Result<ImportSummary> ParseImportAnswer(const std::string& json);

// Two lines for people, and one for each warning and each row that was skipped, as far as the
// server told them.
std::string FormatImportSummary(const ImportSummary& summary, double milliseconds);

}  // namespace arc::cli
