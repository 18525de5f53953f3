#include "service/api/import_answer.h"

#include <fmt/format.h>

#include <chrono>
#include <vector>

#include "foundation/time/time_text.h"
#include "service/api/json_answer.h"

namespace arc::api {
namespace {

// Nothing when no row was skipped.
void AddSkipped(const RejectionReport& skipped, const char* number_name, json::object& result) {
  if (skipped.count == 0) return;
  result.emplace("rows_skipped", skipped.count);
  result.emplace(
      "errors", JsonItems(skipped.first, [&](const auto& rejection) {
        return json::object{{number_name, rejection.line}, {"message", rejection.message}};
      }));
}

void AddParseWarnings(const RejectionReport& skipped, json::object& result) {
  if (skipped.count == 0) return;
  result.emplace("rows_skipped", skipped.count);
  result.emplace("parse_warnings", JsonItems(skipped.first, [](const auto& rejection) {
                   return fmt::format("line {}: {}", rejection.line, rejection.message);
                 }));
}

http::Response Success(json::object result, std::chrono::microseconds duration) {
  result.emplace("duration_ms", std::chrono::round<std::chrono::milliseconds>(duration).count());
  return JsonAnswer({{"status", "ok"}, {"result", std::move(result)}});
}

}  // namespace

http::Response ImportAnswer(const imports::ImportResult& imported) {
  json::object result{{"database", imported.database},
                      {"measurement", imported.measurement},
                      {"rows_imported", imported.rows_imported},
                      {"partitions_created", imported.partitions_created},
                      {"time_range_min", Rfc3339(imported.time_range_min)},
                      {"time_range_max", Rfc3339(imported.time_range_max)},
                      {"columns", JsonTexts(imported.columns)}};
  AddSkipped(imported.skipped, "row", result);
  if (!imported.warnings.empty()) result.emplace("warnings", JsonTexts(imported.warnings));
  return Success(std::move(result), imported.duration);
}

http::Response LineProtocolAnswer(const std::string& database, std::string_view precision,
                                  const imports::RowImportResult& imported) {
  json::object result{{"database", database},
                      {"measurements", JsonTexts(imported.measurements)},
                      {"rows_imported", imported.rows_imported},
                      {"precision", precision}};
  AddSkipped(imported.skipped, "line", result);
  return Success(std::move(result), imported.duration);
}

http::Response TleAnswer(const std::string& database, const std::string& measurement,
                         std::size_t satellite_count, const imports::RowImportResult& imported) {
  json::object result{{"database", database},
                      {"measurement", measurement},
                      {"satellite_count", satellite_count},
                      {"rows_imported", imported.rows_imported}};
  AddParseWarnings(imported.skipped, result);
  return Success(std::move(result), imported.duration);
}

}  // namespace arc::api
