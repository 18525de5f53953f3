#include "service/api/import_answer.h"

#include <fmt/format.h>

#include <chrono>
#include <vector>

#include "foundation/text/json_text.h"
#include "foundation/time/time_text.h"
#include "service/api/json_answer.h"

namespace arc::api {
namespace {

std::string Texts(const std::vector<std::string>& texts) {
  std::string json = "[";
  for (const auto& text : texts) {
    if (json.size() > 1) json += ',';
    AppendJsonString(json, text);
  }
  return json + "]";
}

// Members that begin with a comma; nothing when no row was skipped.
std::string Skipped(const RejectionReport& skipped, std::string_view number_name) {
  if (skipped.count == 0) return "";
  std::string errors;
  for (const auto& rejection : skipped.first) {
    if (!errors.empty()) errors += ',';
    errors += fmt::format(R"({{"{}":{},"message":{}}})", number_name, rejection.line,
                          JsonString(rejection.message));
  }
  return fmt::format(R"(,"rows_skipped":{},"errors":[{}])", skipped.count, errors);
}

std::string ParseWarnings(const RejectionReport& skipped) {
  if (skipped.count == 0) return "";
  std::vector<std::string> warnings;
  for (const auto& rejection : skipped.first) {
    warnings.push_back(fmt::format("line {}: {}", rejection.line, rejection.message));
  }
  return fmt::format(R"(,"rows_skipped":{},"parse_warnings":{})", skipped.count, Texts(warnings));
}

std::string Warnings(const std::vector<std::string>& warnings) {
  return warnings.empty() ? "" : fmt::format(R"(,"warnings":{})", Texts(warnings));
}

http::Response Success(const std::string& members, std::chrono::microseconds duration) {
  const std::chrono::duration<double, std::milli> milliseconds = duration;
  return JsonAnswer(
      http::kOk, fmt::format(R"({{"status":"ok","result":{{{},"duration_ms":{:.0f}}}}})", members,
                             milliseconds.count()));
}

}  // namespace

http::Response ImportAnswer(const imports::ImportResult& result) {
  return Success(
      fmt::format(R"("database":{},"measurement":{},"rows_imported":{},"partitions_created":{},)"
                  R"("time_range_min":"{}","time_range_max":"{}","columns":{}{}{})",
                  JsonString(result.database), JsonString(result.measurement), result.rows_imported,
                  result.partitions_created, Rfc3339(result.time_range_min),
                  Rfc3339(result.time_range_max), Texts(result.columns),
                  Skipped(result.skipped, "row"), Warnings(result.warnings)),
      result.duration);
}

http::Response LineProtocolAnswer(const std::string& database, std::string_view precision,
                                  const imports::RowImportResult& result) {
  return Success(fmt::format(R"("database":{},"measurements":{},"rows_imported":{},)"
                             R"("precision":{}{})",
                             JsonString(database), Texts(result.measurements), result.rows_imported,
                             JsonString(precision), Skipped(result.skipped, "line")),
                 result.duration);
}

http::Response TleAnswer(const std::string& database, const std::string& measurement,
                         std::size_t satellite_count, const imports::RowImportResult& result) {
  return Success(
      fmt::format(R"("database":{},"measurement":{},"satellite_count":{},"rows_imported":{}{})",
                  JsonString(database), JsonString(measurement), satellite_count,
                  result.rows_imported, ParseWarnings(result.skipped)),
      result.duration);
}

}  // namespace arc::api
