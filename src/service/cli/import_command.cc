#include "service/cli/import_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include <boost/json.hpp>

#include "foundation/model/names.h"
#include "service/cli/command_line.h"
#include "service/cli/display_text.h"
#include "service/cli/human_numbers.h"
#include "service/cli/request_body.h"
#include "service/cli/server_url.h"
#include "service/cli/upload_progress.h"

namespace arc::cli {
namespace {

using std::chrono::duration;

Error Usage(std::string message) { return Error{ErrorCode::kInvalidInput, std::move(message)}; }

// Without the extension of a packed file, which the server unpacks.
std::filesystem::path Unpacked(const std::string& file) {
  std::filesystem::path path(file);
  const auto extension = ToLower(path.extension().string());
  return extension == ".gz" || extension == ".zst" ? path.stem() : path.filename();
}

Result<std::string> FormatOf(const ImportArguments& arguments) {
  if (!arguments.format.empty()) return arguments.format;
  const auto extension = ToLower(Unpacked(arguments.file).extension().string());
  for (const auto* format : {"csv", "parquet", "lp", "tle"}) {
    if (extension == std::string(".") + format) return std::string(format);
  }
  return Usage("cannot tell the format of " + arguments.file +
               " from its name: give --format csv, parquet, lp or tle");
}

// Empty when the file, or the server, says it.
Result<std::string> MeasurementOf(const ImportArguments& arguments, const std::string& format) {
  if (!arguments.measurement.empty()) {
    TRY(CheckMeasurementName(arguments.measurement));
    return arguments.measurement;
  }
  if (format == "lp" || format == "tle") return std::string();
  const auto stem = Unpacked(arguments.file).stem().string();
  if (IsMeasurementName(stem)) return stem;
  return Usage("the file's name is not the name of a measurement: give one with --measurement");
}

// What is given for formats that do not have it.
Result<void> CheckOptions(const ImportArguments& arguments, const std::string& format) {
  const bool has_columns = format == "csv" || format == "parquet";
  if (format != "csv" && !(arguments.delimiter.empty() && arguments.skip_rows.empty())) {
    return Usage("--delimiter and --skip-rows are for CSV files");
  }
  if (format != "csv" && (arguments.null_values || arguments.decimal_comma)) {
    return Usage("--null-values and --decimal-comma are for CSV files");
  }
  if (!has_columns && !(arguments.time_column.empty() && arguments.time_format.empty() &&
                        arguments.long_numbers.empty())) {
    return Usage("--time-column, --time-format and --long-numbers are for CSV and Parquet files");
  }
  if (format != "lp" && !arguments.precision.empty()) {
    return Usage("--precision is for line protocol");
  }
  return {};
}

// The request without its body, or what is wrong with the arguments.
Result<HttpRequest> ImportRequest(const ImportArguments& arguments) {
  TRY(CheckDatabaseName(arguments.database));
  const std::string format = TRY(FormatOf(arguments));
  const std::string measurement = TRY(MeasurementOf(arguments, format));
  TRY(CheckOptions(arguments, format));
  const std::string delimiter = arguments.delimiter == "tab" ? "\t" : arguments.delimiter;
  if (delimiter.size() > 1) return Usage("--delimiter is one character, or the word tab");
  UrlParameters parameters{{"db", arguments.database},
                           {"measurement", measurement},
                           {"on_error", arguments.on_error},
                           {"precision", arguments.precision},
                           {"time_column", arguments.time_column},
                           {"time_format", arguments.time_format},
                           {"delimiter", delimiter},
                           {"skip_rows", arguments.skip_rows},
                           {"null_values", arguments.null_values.value_or("")},
                           {"decimal_comma", arguments.decimal_comma ? "true" : ""},
                           {"long_numbers", arguments.long_numbers}};
  auto target = TargetWith("/api/v1/import/" + format, parameters);
  // An empty one says something, and TargetWith leaves it out.
  if (arguments.null_values && arguments.null_values->empty()) target += "&null_values=";
  return HttpRequest{"POST", std::move(target)};
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

// The texts of an array, or of the members "message" of its objects with their numbers.
std::vector<std::string> ListMember(const boost::json::object& object, std::string_view name) {
  std::vector<std::string> texts;
  const auto* member = object.if_contains(name);
  const auto* list = member == nullptr ? nullptr : member->if_array();
  if (list == nullptr) return texts;
  for (const auto& item : *list) {
    if (const auto* text = item.if_string()) texts.push_back(DisplayText(*text));
    if (const auto* error = item.if_object()) {
      const auto row = CountMember(*error, "row");
      const auto number = row ? row : CountMember(*error, "line");
      texts.push_back(fmt::format("{} {}: {}", row ? "row" : "line", number.value_or(0),
                                  TextMember(*error, "message")));
    }
  }
  return texts;
}

// `result` is the member of that name.
ImportSummary SummaryOf(const boost::json::object& result, std::uint64_t rows) {
  ImportSummary summary;
  summary.rows = rows;
  // Older servers, and some formats, leave it out.
  summary.partitions = CountMember(result, "partitions_created").value_or(0);
  summary.database = TextMember(result, "database");
  summary.measurement = TextMember(result, "measurement");
  if (summary.measurement.empty()) {
    summary.measurement = fmt::format("{}", fmt::join(ListMember(result, "measurements"), ", "));
  }
  summary.time_min = TextMember(result, "time_range_min");
  summary.time_max = TextMember(result, "time_range_max");
  summary.skipped = CountMember(result, "rows_skipped").value_or(0);
  summary.skipped_reasons = ListMember(result, "errors");
  if (summary.skipped_reasons.empty()) {
    summary.skipped_reasons = ListMember(result, "parse_warnings");
  }
  summary.warnings = ListMember(result, "warnings");
  return summary;
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
  return SummaryOf(*result, *rows);
}

std::string FormatImportSummary(const ImportSummary& summary, double milliseconds) {
  std::string text =
      fmt::format("{} {} into {}.{}", FormatCount(summary.rows), summary.rows == 1 ? "row" : "rows",
                  summary.database, summary.measurement);
  if (summary.partitions > 0) {
    text += fmt::format(", {} {}", FormatCount(summary.partitions),
                        summary.partitions == 1 ? "partition" : "partitions");
  }
  if (!summary.time_min.empty()) {
    text += fmt::format(", {} to {}", summary.time_min, summary.time_max);
  }
  const double rows_per_second =
      static_cast<double>(summary.rows) / std::max(milliseconds, 0.001) * 1000;
  text += fmt::format("\n{}, {} rows/s\n", FormatMilliseconds(milliseconds),
                      FormatCount(static_cast<std::uint64_t>(rows_per_second)));
  for (const auto& warning : summary.warnings) text += fmt::format("warning: {}\n", warning);
  if (summary.skipped == 0) return text;
  text += fmt::format("{} {} skipped\n", FormatCount(summary.skipped),
                      summary.skipped == 1 ? "row" : "rows");
  for (const auto& reason : summary.skipped_reasons) text += fmt::format("  {}\n", reason);
  if (summary.skipped > summary.skipped_reasons.size()) text += "  ...\n";
  return text;
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

}  // namespace arc::cli
