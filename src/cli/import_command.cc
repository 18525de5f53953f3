#include "cli/import_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include <boost/json.hpp>

#include "cli/command_line.h"
#include "cli/display_text.h"
#include "cli/human_numbers.h"
#include "cli/request_body.h"
#include "cli/server_url.h"
#include "cli/upload_progress.h"
#include "model/names.h"

namespace arc {
namespace {

using std::chrono::duration;

Error Usage(std::string message) { return Error{ErrorCode::kInvalidInput, std::move(message)}; }

Result<std::string> FormatOf(const ImportArguments& arguments) {
  if (!arguments.format.empty()) return arguments.format;
  const auto extension = ToLower(std::filesystem::path(arguments.file).extension().string());
  if (extension == ".csv") return std::string("csv");
  if (extension == ".parquet") return std::string("parquet");
  return Usage("cannot tell the format of " + arguments.file +
               " from its name: give --format csv or --format parquet");
}

Result<std::string> MeasurementOf(const ImportArguments& arguments) {
  if (!arguments.measurement.empty()) {
    TRY(CheckMeasurementName(arguments.measurement));
    return arguments.measurement;
  }
  const auto stem = std::filesystem::path(arguments.file).stem().string();
  if (IsMeasurementName(stem)) return stem;
  return Usage("the file's name is not the name of a measurement: give one with --measurement");
}

// The request without its body, or what is wrong with the arguments.
Result<HttpRequest> ImportRequest(const ImportArguments& arguments) {
  TRY(CheckDatabaseName(arguments.database));
  const std::string format = TRY(FormatOf(arguments));
  const std::string measurement = TRY(MeasurementOf(arguments));
  const std::string delimiter = arguments.delimiter == "tab" ? "\t" : arguments.delimiter;
  if (format != "csv" && (!delimiter.empty() || !arguments.skip_rows.empty())) {
    return Usage("--delimiter and --skip-rows are for CSV files");
  }
  if (delimiter.size() > 1) return Usage("--delimiter is one character, or the word tab");
  return HttpRequest{"POST",
                     TargetWith("/api/v1/import/" + format, {{"db", arguments.database},
                                                             {"measurement", measurement},
                                                             {"time_column", arguments.time_column},
                                                             {"time_format", arguments.time_format},
                                                             {"delimiter", delimiter},
                                                             {"skip_rows", arguments.skip_rows}})};
}

Result<std::string> Upload(const ImportArguments& arguments, HttpRequest request,
                           const Console& console) {
  const auto body = TRY(FileUploadBody::Open(arguments.file));
  request.headers.emplace_back("Content-Type", body->content_type());
  std::optional<UploadProgress> progress;
  std::function<void(std::uint64_t)> on_progress;
  if (console.is_err_terminal) {
    progress.emplace(console.err, console.clock, body->size_bytes(), console.columns - 1);
    on_progress = [&progress](std::uint64_t sent) { progress->Update(sent); };
  }
  return AskServer(arguments.connection, console, std::move(request), *body, on_progress);
}

// A text without its quotes, anything else as JSON, a missing or null member as nothing.
std::string TextMember(const boost::json::object& object, std::string_view name) {
  const auto* member = object.if_contains(name);
  if (member == nullptr || member->is_null()) return "";
  if (const auto* text = member->if_string()) return DisplayText(*text);
  return boost::json::serialize(*member);
}

// Nothing when the member is missing or not a count.
std::optional<std::uint64_t> CountMember(const boost::json::object& object, std::string_view name) {
  const auto* member = object.if_contains(name);
  if (member == nullptr) return std::nullopt;
  boost::system::error_code error;
  const auto count = member->to_number<std::uint64_t>(error);
  return error ? std::nullopt : std::optional(count);
}

}  // namespace

Result<ImportSummary> ParseImportAnswer(const std::string& json) {
  boost::system::error_code error;
  const auto answer = boost::json::parse(json, error);
  const auto* members = answer.if_object();
  const auto* member = members == nullptr ? nullptr : members->if_contains("result");
  const auto* result = member == nullptr ? nullptr : member->if_object();
  const auto rows = result == nullptr ? std::nullopt : CountMember(*result, "rows_imported");
  if (!rows) {
    return Error{ErrorCode::kInternal, "the server's answer is not the result of an import"};
  }
  ImportSummary summary;
  summary.rows = *rows;
  // Older servers leave it out.
  summary.partitions = CountMember(*result, "partitions_created").value_or(0);
  summary.database = TextMember(*result, "database");
  summary.measurement = TextMember(*result, "measurement");
  summary.time_min = TextMember(*result, "time_range_min");
  summary.time_max = TextMember(*result, "time_range_max");
  return summary;
}

std::string FormatImportSummary(const ImportSummary& summary, double milliseconds) {
  std::string text = fmt::format("{} {} into {}.{}, {} {}", FormatCount(summary.rows),
                                 summary.rows == 1 ? "row" : "rows", summary.database,
                                 summary.measurement, FormatCount(summary.partitions),
                                 summary.partitions == 1 ? "partition" : "partitions");
  if (!summary.time_min.empty()) {
    text += fmt::format(", {} to {}", summary.time_min, summary.time_max);
  }
  const double rows_per_second =
      static_cast<double>(summary.rows) / std::max(milliseconds, 0.001) * 1000;
  return text + fmt::format("\n{}, {} rows/s\n", FormatMilliseconds(milliseconds),
                            FormatCount(static_cast<std::uint64_t>(rows_per_second)));
}

int RunImport(const ImportArguments& arguments, const Console& console) {
  auto request = ImportRequest(arguments);
  if (!request.ok()) {
    console.err << "arc import: " << request.error().message << '\n';
    return kExitUsage;
  }
  const auto import = [&]() -> Result<ImportSummary> {
    return ParseImportAnswer(TRY(Upload(arguments, std::move(request).TakeValue(), console)));
  };
  const auto begin = console.clock.NowSteady();
  const auto summary = import();
  if (!summary.ok()) {
    console.err << "arc import: " << LogText(summary.error()) << '\n';
    return kExitFailure;
  }
  const duration<double, std::milli> elapsed = console.clock.NowSteady() - begin;
  console.out << FormatImportSummary(summary.value(), elapsed.count());
  return kExitSuccess;
}

}  // namespace arc
