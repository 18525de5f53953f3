#include "api/import_routes.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "api/pooled_handler.h"
#include "api/request_database.h"
#include "base/json_text.h"
#include "base/time_text.h"
#include "http/error_answer.h"
#include "http/multipart.h"
#include "model/names.h"

namespace arc::api {
namespace {

using storage::ImportFormat;

Error Invalid(std::string message) { return {ErrorCode::kInvalidInput, std::move(message)}; }

Result<TableName> TableIn(const http::Request& request) {
  const auto database = NamedDatabase(request, "db");
  if (database.empty()) {
    return Invalid("the database is missing: name it in x-arc-database or the parameter db");
  }
  TRY(CheckDatabaseName(database));
  const auto measurement = request.QueryValue("measurement").value_or("");
  if (measurement.empty()) return Invalid("the parameter measurement is missing");
  TRY(CheckMeasurementName(measurement));
  return TableName{std::string(database), std::string(measurement)};
}

Result<char> DelimiterIn(const http::Request& request) {
  const auto delimiter = request.QueryValue("delimiter").value_or(",");
  if (delimiter.size() != 1) return Invalid("the parameter delimiter must be a single character");
  return delimiter.front();
}

Result<std::uint64_t> SkipRowsIn(const http::Request& request) {
  const auto text = request.QueryValue("skip_rows").value_or("0");
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Invalid("the parameter skip_rows must be a number of rows, 0 or more");
  }
  return count;
}

http::Response Success(const storage::ImportResult& result) {
  std::string columns;
  for (const auto& column : result.columns) {
    if (!columns.empty()) columns += ',';
    AppendJsonString(columns, column);
  }
  const std::chrono::duration<double, std::milli> duration = result.duration;
  http::Response response;
  response.content_type = "application/json";
  response.body = fmt::format(
      R"({{"status":"ok","result":{{"database":{},"measurement":{},"rows_imported":{},)"
      R"("partitions_created":{},"time_range_min":"{}","time_range_max":"{}","columns":[{}],)"
      R"("duration_ms":{:.0f}}}}})",
      JsonString(result.database), JsonString(result.measurement), result.rows_imported,
      result.partitions_created, Rfc3339(result.time_range_min), Rfc3339(result.time_range_max),
      columns, duration.count());
  return response;
}

}  // namespace

ImportRoutes::ImportRoutes(storage::Importer& importer, fs::FileSystem& file_system, TaskPool& pool,
                           Metrics& metrics)
    : importer_(importer),
      file_system_(file_system),
      pool_(pool),
      records_(metrics.AddCounter("arc_ingest_records_total", "Rows accepted.")) {}

std::vector<http::Route> ImportRoutes::Routes() {
  const auto route = [this](const char* pattern, ImportFormat format) {
    return http::Route{
        "POST", pattern, auth::Permission::kAdmin, http::BodyMode::kSpool,
        Pooled(pool_, [this, format](http::Request& request) { return Import(request, format); })};
  };
  return {route("/api/v1/import/csv", ImportFormat::kCsv),
          route("/api/v1/import/parquet", ImportFormat::kParquet)};
}

http::Response ImportRoutes::Import(const http::Request& request, ImportFormat format) {
  auto import = RequestFor(request, format);
  if (!import.ok()) return http::ErrorAnswer(import.error());
  auto result = importer_.Import(import.value());
  if (!result.ok()) return http::ErrorAnswer(result.error());
  records_.Add(result.value().rows_imported);
  return Success(result.value());
}

Result<storage::ImportRequest> ImportRoutes::RequestFor(const http::Request& request,
                                                        ImportFormat format) const {
  storage::ImportRequest import;
  import.table = TRY(TableIn(request));
  import.format = format;
  import.time_column = request.QueryValue("time_column").value_or("time");
  import.time_format = request.QueryValue("time_format").value_or("");
  import.delimiter = TRY(DelimiterIn(request));
  import.skip_rows = TRY(SkipRowsIn(request));
  TRY(LocateFile(request, import));
  return import;
}

Result<void> ImportRoutes::LocateFile(const http::Request& request,
                                      storage::ImportRequest& import) const {
  if (request.spooled == nullptr) return Invalid("the request carries no file");
  import.path = request.spooled->path();
  import.offset = 0;
  import.byte_count = request.spooled->byte_count();
  const auto content_type = request.HeaderValue("content-type");
  if (http::IsMultipart(content_type)) {
    const auto body = TRY(file_system_.Open(import.path));
    const auto file = TRY(http::FindMultipartFile(content_type, *body));
    import.offset = file.offset;
    import.byte_count = file.byte_count;
  }
  if (import.byte_count == 0) return Invalid("the file is empty");
  return {};
}

}  // namespace arc::api
