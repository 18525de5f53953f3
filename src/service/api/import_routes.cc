#include "service/api/import_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/imports/text_source.h"
#include "data/ingest/line_protocol/line_protocol_decoder.h"
#include "data/ingest/tle/tle_decoder.h"
#include "foundation/model/names.h"
#include "foundation/text/parse_number.h"
#include "service/api/import_answer.h"
#include "service/api/json_answer.h"
#include "service/api/pooled_handler.h"
#include "service/api/request_database.h"
#include "service/api/request_parameters.h"
#include "service/api/uploaded_file.h"
#include "service/http/error_answer.h"

namespace arc::api {
namespace {

using imports::ImportFormat;
using imports::OnError;

constexpr std::size_t kNullValuesMax = 100;

Result<std::string> DatabaseIn(const http::Request& request) {
  const auto database = NamedDatabase(request, "db");
  if (database.empty()) {
    return Invalid("the database is missing: name it in x-arc-database or the parameter db");
  }
  TRY(CheckDatabaseName(database));
  return std::string(database);
}

Result<MeasurementName> TableIn(const http::Request& request) {
  auto database = TRY(DatabaseIn(request));
  const auto measurement = request.QueryValue("measurement").value_or("");
  if (measurement.empty()) return Invalid("the parameter measurement is missing");
  TRY(CheckMeasurementName(measurement));
  return MeasurementName{std::move(database), std::string(measurement)};
}

Result<OnError> OnErrorIn(const http::Request& request) {
  const auto word = request.QueryValue("on_error").value_or("fail");
  if (word == "fail") return OnError::kRefuse;
  if (word == "skip") return OnError::kSkip;
  return Invalid("the parameter on_error must be fail or skip");
}

Result<char> DelimiterIn(const http::Request& request) {
  const auto delimiter = request.QueryValue("delimiter").value_or(",");
  if (delimiter.size() != 1) return Invalid("the parameter delimiter must be a single character");
  return delimiter.front();
}

Result<std::uint64_t> SkipRowsIn(const http::Request& request) {
  const auto text = request.QueryValue("skip_rows").value_or("0");
  const auto count = ParseNumber<std::uint64_t>(text);
  if (!count) return Invalid("the parameter skip_rows must be a number of rows, 0 or more");
  return *count;
}

// The texts between commas; nothing when the parameter is not given, an empty list when it is
// empty.
Result<std::optional<std::vector<std::string>>> NullValuesIn(const http::Request& request) {
  const auto texts = request.QueryValue("null_values");
  if (!texts) return std::optional<std::vector<std::string>>();
  std::vector<std::string> values;
  for (std::size_t at = 0; at < texts->size();) {
    const auto end = std::min(texts->find(',', at), texts->size());
    values.emplace_back(texts->substr(at, end - at));
    at = end + 1;
  }
  if (values.size() > kNullValuesMax) {
    return Invalid(
        fmt::format("the parameter null_values names {} values, more than the {} that it may",
                    values.size(), kNullValuesMax));
  }
  return std::optional(std::move(values));
}

Result<char> DecimalPointIn(const http::Request& request) {
  const auto word = request.QueryValue("decimal_comma").value_or("false");
  if (word == "true") return ',';
  if (word == "false" || word.empty()) return '.';
  return Invalid("the parameter decimal_comma must be true or false");
}

Result<std::optional<LongNumbers>> LongNumbersIn(const http::Request& request) {
  const auto word = request.QueryValue("long_numbers").value_or("");
  if (word.empty()) return std::optional<LongNumbers>();
  if (word == "text") return std::optional(LongNumbers::kAsText);
  if (word == "round") return std::optional(LongNumbers::kRound);
  return Invalid("the parameter long_numbers must be text or round");
}

// For a decoder with both ways of decoding.
ingest::DecodedPiece Whole(DecodedBody body, std::string_view text) {
  return {std::move(body), text.size(), 0};
}

imports::TextSource::Decoder LineProtocolPieces(const ingest::LineProtocolOptions& options) {
  return [options, decoder = std::make_shared<ingest::LineProtocolDecoder>()](
             std::string_view text, imports::TextSource::Rest rest, const SchemaSource& schemas) {
    return rest == imports::TextSource::Rest::kFollows
               ? decoder->DecodePiece(text, options, schemas)
               : Whole(decoder->Decode(text, options, schemas), text);
  };
}

// Collects the numbers of the satellites on the way.
imports::TextSource::Decoder TlePieces(const std::string& measurement, const TimeLimits& times,
                                       std::set<std::string>& satellites) {
  return [measurement, times, &satellites](std::string_view text, imports::TextSource::Rest rest,
                                           const SchemaSource&) {
    auto piece = rest == imports::TextSource::Rest::kFollows
                     ? ingest::DecodeTlePiece(text, measurement, times)
                     : Whole(ingest::DecodeTle(text, measurement, times), text);
    for (const auto& decoded : piece.body.measurements) {
      for (auto& id : ingest::SatellitesOf(decoded.batch)) satellites.insert(std::move(id));
    }
    return piece;
  };
}

}  // namespace

ImportRoutes::ImportRoutes(std::uint64_t file_bytes_max, TimeRule times,
                           imports::Importer& importer, imports::RowImporter& row_importer,
                           fs::FileSystem& file_system, TaskPool& pool, const Clock& clock,
                           Metrics& metrics)
    : file_bytes_max_(file_bytes_max),
      times_(times),
      importer_(importer),
      row_importer_(row_importer),
      file_system_(file_system),
      pool_(pool),
      clock_(clock),
      all_records_(metrics.AddCounter("arc_ingest_records_total", "Rows accepted.")),
      requests_(metrics.AddCounter("arc_import_requests_total", "Imports asked for.")),
      records_(metrics.AddCounter("arc_import_records_total", "Rows imported.")),
      errors_(metrics.AddCounter("arc_import_errors_total", "Imports refused.")) {}

std::vector<http::Route> ImportRoutes::Routes() {
  const auto route = [this](Endpoint endpoint) {
    auto path = endpoint.path;
    return http::Route{
        "POST",
        std::move(path),
        auth::Permission::kDataAdmin,
        http::BodyMode::kSpool,
        Pooled(pool_, [this, endpoint = std::move(endpoint)](
                          http::Request& request) { return Run(request, endpoint); }),
        "db"};
  };
  return {
      route({"/api/v1/import/csv",
             {"db", "measurement", "on_error", "time_column", "time_format", "delimiter",
              "skip_rows", "null_values", "decimal_comma", "long_numbers"},
             &ImportRoutes::ImportCsv}),
      route({"/api/v1/import/parquet",
             {"db", "measurement", "on_error", "time_column", "time_format", "long_numbers"},
             &ImportRoutes::ImportParquet}),
      route({"/api/v1/import/lp",
             {"db", "measurement", "on_error", "precision"},
             &ImportRoutes::ImportLineProtocol}),
      route({"/api/v1/import/tle", {"db", "measurement", "on_error"}, &ImportRoutes::ImportTle}),
      {"GET", "/api/v1/import/stats", auth::Permission::kAdmin, http::BodyMode::kMemory,
       [this](http::Request, http::Responder responder) { responder.Send(Stats()); }}};
}

Result<std::unique_ptr<imports::TextSource>> ImportRoutes::OpenText(
    const UploadedFile& file, imports::TextSource::Decoder decode) {
  return imports::TextSource::Open(file_system_, file.path(), file.offset(), file.byte_count(),
                                   std::move(decode));
}

http::Response ImportRoutes::Run(const http::Request& request, const Endpoint& endpoint) {
  requests_.Add();
  const auto import = [&]() -> Result<Answer> {
    TRY(CheckParameters(request, endpoint.path, endpoint.parameters));
    return (this->*endpoint.import)(request);
  };
  auto answer = import();
  if (!answer.ok()) {
    errors_.Add();
    return http::BodyErrorAnswer(answer.error());
  }
  all_records_.Add(answer.value().rows);
  records_.Add(answer.value().rows);
  return std::move(answer.value().response);
}

Result<ImportRoutes::Answer> ImportRoutes::ImportCsv(const http::Request& request) {
  imports::ImportRequest import;
  import.format = ImportFormat::kCsv;
  import.delimiter = TRY(DelimiterIn(request));
  import.skip_rows = TRY(SkipRowsIn(request));
  import.null_values = TRY(NullValuesIn(request));
  import.decimal_point = TRY(DecimalPointIn(request));
  return ImportColumns(request, std::move(import));
}

Result<ImportRoutes::Answer> ImportRoutes::ImportParquet(const http::Request& request) {
  imports::ImportRequest import;
  import.format = ImportFormat::kParquet;
  return ImportColumns(request, std::move(import));
}

Result<ImportRoutes::Answer> ImportRoutes::ImportColumns(const http::Request& request,
                                                         imports::ImportRequest import) {
  import.table = TRY(TableIn(request));
  TRY(request.principal.Authorize(auth::Permission::kDataAdmin, import.table.database,
                                  import.table.measurement));
  import.time_column = request.QueryValue("time_column").value_or("time");
  import.time_format = request.QueryValue("time_format").value_or("");
  import.times = times_.At(clock_.NowMicros());
  import.on_error = TRY(OnErrorIn(request));
  import.long_numbers = TRY(LongNumbersIn(request));
  const auto file = TRY(UploadedFile::Find(request, file_system_, file_bytes_max_));
  import.path = file.path();
  import.offset = file.offset();
  import.byte_count = file.byte_count();
  const auto result = TRY(importer_.Import(import));
  return Answer{ImportAnswer(result), result.rows_imported};
}

Result<ImportRoutes::Answer> ImportRoutes::ImportLineProtocol(const http::Request& request) {
  imports::RowImportRequest wanted;
  wanted.database = TRY(DatabaseIn(request));
  if (const auto measurement = request.QueryValue("measurement").value_or("");
      !measurement.empty()) {
    TRY(CheckMeasurementName(measurement));
    wanted.measurement = measurement;
  }
  wanted.on_error = TRY(OnErrorIn(request));
  const auto precision = request.QueryValue("precision").value_or("");
  ingest::LineProtocolOptions options;
  options.precision = TRY(ingest::ParsePrecision(precision));
  options.now_micros = clock_.NowMicros();
  options.times = times_.At(options.now_micros);
  wanted.authorize = [&](const std::string& measurement) {
    return request.principal.Authorize(auth::Permission::kDataAdmin, wanted.database, measurement);
  };
  const auto file = TRY(UploadedFile::Find(request, file_system_, file_bytes_max_));
  const auto source = TRY(OpenText(file, LineProtocolPieces(options)));
  const auto result = TRY(row_importer_.Import(wanted, *source));
  return Answer{LineProtocolAnswer(wanted.database, precision.empty() ? "ns" : precision, result),
                result.rows_imported};
}

Result<ImportRoutes::Answer> ImportRoutes::ImportTle(const http::Request& request) {
  imports::RowImportRequest import;
  import.database = TRY(DatabaseIn(request));
  import.on_error = TRY(OnErrorIn(request));
  const auto measurement = TRY(TleMeasurement(request));
  TRY(request.principal.Authorize(auth::Permission::kDataAdmin, import.database, measurement));
  const auto file = TRY(UploadedFile::Find(request, file_system_, file_bytes_max_));
  std::set<std::string> satellites;
  const auto times = times_.At(clock_.NowMicros());
  const auto source = TRY(OpenText(file, TlePieces(measurement, times, satellites)));
  const auto result = TRY(row_importer_.Import(import, *source));
  return Answer{TleAnswer(import.database, measurement, satellites.size(), result),
                result.rows_imported};
}

http::Response ImportRoutes::Stats() const {
  return JsonAnswer({{"status", "success"},
                     {"stats", json::object{{"total_requests", requests_.value()},
                                            {"total_records", records_.value()},
                                            {"total_errors", errors_.value()}}}});
}

}  // namespace arc::api
