// `arc import`: sends a file to a running server, which stores its rows in a measurement.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/client_connection.h"
#include "cli/console.h"

namespace arc {

struct ImportArguments {
  ConnectionArguments connection;
  std::string file;
  std::string database;
  std::string measurement;  // Empty: the name of the file without its extension.
  std::string format;       // "csv" or "parquet"; empty: by the extension.
  std::string time_column;  // Empty, here and below: the server's default.
  std::string time_format;
  std::string delimiter;  // CSV only. One character, or "tab".
  std::string skip_rows;  // CSV only. A number.
};

// Returns how the process ends.
int RunImport(const ImportArguments& arguments, const Console& console);

// What a server says about an import.
struct ImportSummary {
  std::string database;
  std::string measurement;
  std::uint64_t rows = 0;
  std::uint64_t partitions = 0;
  std::string time_min{};  // As the server wrote it; empty when unknown.
  std::string time_max{};
};
Result<ImportSummary> ParseImportAnswer(const std::string& json);

// Two lines for people.
std::string FormatImportSummary(const ImportSummary& summary, double milliseconds);

}  // namespace arc
