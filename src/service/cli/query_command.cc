#include "service/cli/query_command.h"

#include <fmt/format.h>

#include <iterator>

#include "service/cli/command_line.h"
#include "service/cli/query_answer.h"
#include "service/cli/query_shell.h"
#include "service/cli/result_formats.h"

namespace arc::cli {
namespace {

std::string ReadAll(std::istream& in) {
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

Result<void> Query(const QueryArguments& arguments, const std::string& sql,
                   const Console& console) {
  const auto answer = TRY(AskQuery(arguments, {sql}, console));
  TRY(WriteRows(*answer, arguments.format, console));
  console.out.flush();
  if (!console.out) {
    return Error{ErrorCode::kStorageFailed, "the result could not be written"};
  }
  if (!answer->incomplete_reason().empty()) {
    return Error{ErrorCode::kCancelled, "the result is incomplete: " + answer->incomplete_reason()};
  }
  return {};
}

}  // namespace

std::optional<ResultFormat> ParseResultFormat(std::string_view name) {
  if (name == "table") return ResultFormat::kTable;
  if (name == "csv") return ResultFormat::kCsv;
  if (name == "json") return ResultFormat::kJson;
  return std::nullopt;
}

Result<std::unique_ptr<QueryAnswer>> AskQuery(const QueryArguments& arguments,
                                              const QueryQuestion& question,
                                              const Console& console) {
  HttpRequest request{"POST", "/api/v1/query", {{"Content-Type", "application/json"}}};
  if (!arguments.database.empty()) {
    request.headers.emplace_back("x-arc-database", arguments.database);
  }
  TextBody body(QueryRequestJson(question));
  return QueryAnswer::Parse(TRY(AskServer(arguments.connection, console, request, body)));
}

Result<void> WriteRows(QueryAnswer& answer, ResultFormat format, const Console& console) {
  switch (format) {
    case ResultFormat::kJson:
      console.out << answer.json() << '\n';
      return {};
    case ResultFormat::kCsv:
      return WriteCsv(answer, console.out);
    case ResultFormat::kTable: {
      TableOptions options;
      if (console.is_out_terminal) options = {console.columns, true};
      return WriteTable(answer, options, console.out);
    }
  }
  return {};
}

std::string QueryRequestJson(const QueryQuestion& question) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string json = "{\"sql\":\"";
  for (const char c : question.sql) {
    if (c == '"' || c == '\\') {
      json += {'\\', c};
    } else if (c == '\n') {
      json += "\\n";
    } else if (static_cast<unsigned char>(c) < ' ') {
      json += "\\u00";
      json += {kDigits[static_cast<unsigned char>(c) >> 4], kDigits[c & 15]};
    } else {
      json += c;
    }
  }
  json += '"';
  if (question.limit) json += fmt::format(",\"limit\":{}", *question.limit);
  return json + "}";
}

int RunQuery(const QueryArguments& arguments, const Console& console) {
  if (arguments.sql.empty() && console.is_in_terminal) {
    const auto terminal =
        OpenTerminal(HistoryFile(console),
                     console.is_out_terminal ? PromptStream::kOutput : PromptStream::kError);
    return RunQueryShell(arguments, console, *terminal);
  }
  std::string sql = arguments.sql;
  if (sql == "-" || sql.empty()) sql = ReadAll(console.in);
  if (sql.find_first_not_of(" \t\r\n") == sql.npos) {
    console.err << "arc query: no SQL given, neither as an argument nor on standard input\n";
    return kExitUsage;
  }
  const auto result = Query(arguments, sql, console);
  if (result.ok()) return kExitSuccess;
  console.err << "arc query: " << LogText(result.error()) << '\n';
  return kExitFailure;
}

}  // namespace arc::cli
