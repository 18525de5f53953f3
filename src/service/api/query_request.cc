#include "service/api/query_request.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <utility>

#include <boost/json.hpp>

#include "foundation/text/ascii.h"
#include "service/api/json_answer.h"
#include "service/api/request_database.h"
#include "service/api/request_parameters.h"

namespace arc::api {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kPageSizeDefault = 10'000;

Result<std::string> SqlIn(const json::object& body) {
  const auto* sql = body.if_contains("sql");
  if (sql == nullptr || !sql->is_string() || sql->get_string().empty()) {
    return Invalid("SQL query is required: {\"sql\": \"SELECT ...\"}");
  }
  return std::string(sql->get_string());
}

Result<std::optional<std::uint64_t>> CountIn(const json::object& body, const char* name) {
  const auto* member = body.if_contains(name);
  if (member == nullptr || member->is_null()) return std::optional<std::uint64_t>();
  boost::system::error_code error;
  const auto count = member->to_number<std::int64_t>(error);
  if (error || count < 0) return Invalid(fmt::format("{} must be a whole number, 0 or more", name));
  return std::optional<std::uint64_t>(count);
}

// "" when the member is absent.
Result<std::string> WordIn(const json::object& body, const char* name) {
  const auto* member = body.if_contains(name);
  if (member == nullptr || member->is_null()) return std::string();
  if (!member->is_string()) return Invalid(fmt::format("{} must be a string", name));
  return std::string(member->get_string());
}

// Whether the member is `yes`; false when it is `no` or absent.
Result<bool> ChoiceIn(const json::object& body, const char* name, std::string_view no,
                      std::string_view yes) {
  const auto word = TRY(WordIn(body, name));
  if (word == yes) return true;
  if (word.empty() || word == no) return false;
  return Invalid(fmt::format("{} must be \"{}\" or \"{}\"", name, no, yes));
}

Result<engine::QueryParameter> ParameterFrom(std::string name, const json::value& value) {
  engine::QueryParameter parameter{std::move(name), {}};
  switch (value.kind()) {
    case json::kind::null:
      break;
    case json::kind::bool_:
      parameter.value = value.get_bool();
      break;
    case json::kind::int64:
      parameter.value = value.get_int64();
      break;
    case json::kind::uint64:
      parameter.value = value.get_uint64();
      break;
    case json::kind::double_:
      parameter.value = value.get_double();
      break;
    case json::kind::string:
      parameter.value = std::string(value.get_string());
      break;
    default:
      return Invalid(fmt::format("the parameter {} must be a string, a number, true, false or null",
                                 parameter.name));
  }
  return parameter;
}

Result<std::vector<engine::QueryParameter>> ParametersIn(const json::object& body) {
  std::vector<engine::QueryParameter> parameters;
  const auto* member = body.if_contains("params");
  if (member == nullptr || member->is_null()) return parameters;
  if (const auto* list = member->if_array()) {
    for (const auto& value : *list) {
      parameters.push_back(TRY(ParameterFrom(std::to_string(parameters.size() + 1), value)));
    }
    return parameters;
  }
  const auto* named = member->if_object();
  if (named == nullptr) return Invalid("params must be an array or an object");
  for (const auto& [name, value] : *named) {
    parameters.push_back(TRY(ParameterFrom(std::string(name), value)));
  }
  return parameters;
}

// The first format of an Accept header that exists here; weights are not weighed.
std::optional<format::FormatName> AcceptedFormat(std::string_view accept) {
  while (!accept.empty()) {
    const auto end = accept.find(',');
    auto item = accept.substr(0, end);
    item = TrimSpaces(item.substr(0, item.find(';')));
    if (const auto name = format::ParseFormatName(item)) return name;
    accept.remove_prefix(end == std::string_view::npos ? accept.size() : end + 1);
  }
  return std::nullopt;
}

Result<format::FormatName> FormatIn(const json::object& body, const http::Request& request,
                                    format::FormatName preset) {
  const auto word = TRY(WordIn(body, "format"));
  if (word.empty()) return AcceptedFormat(request.HeaderValue("Accept")).value_or(preset);
  if (const auto name = format::ParseFormatName(word)) return *name;
  return Invalid(
      fmt::format("unknown format \"{}\": json, ndjson, csv, arrow, msgpack or parquet", word));
}

Result<format::ArrowCompression> ArrowCompressionIn(const http::Request& request) {
  const auto word = request.HeaderValue("x-arc-arrow-compression");
  if (word.empty()) return format::ArrowCompression::kNone;
  if (word == "zstd") return format::ArrowCompression::kZstd;
  if (word == "lz4") return format::ArrowCompression::kLz4;
  return Invalid(fmt::format("x-arc-arrow-compression must be zstd or lz4, not \"{}\"", word));
}

bool IsTrue(std::string_view word) { return word == "true" || word == "1"; }

// `cursor` and `page_size`.
Result<void> SetPage(const json::object& body, execution::ClientQuery& query) {
  const auto page_size = TRY(CountIn(body, "page_size"));
  if (page_size == 0U) return Invalid("page_size must be 1 or more");
  const auto* cursor = body.if_contains("cursor");
  if (cursor == nullptr || cursor->is_null()) return {};
  if (const auto* is_wanted = cursor->if_bool()) {
    if (*is_wanted) query.page_size = page_size.value_or(kPageSizeDefault);
    return {};
  }
  if (!cursor->is_string() || cursor->get_string().empty()) {
    return Invalid("cursor must be true, for a first page, or the next_cursor of a page");
  }
  if (body.contains("sql")) return Invalid("sql and the cursor of a page cannot be together");
  query.cursor = std::string(cursor->get_string());
  query.page_size = page_size;
  return {};
}

Result<bool> HasArrowDictionaries(const http::Request& request) {
  const auto word = request.HeaderValue("x-arc-arrow-dictionary");
  if (IsTrue(word)) return true;
  if (word.empty() || word == "false" || word == "0") return false;
  return Invalid(fmt::format("x-arc-arrow-dictionary must be true or false, not \"{}\"", word));
}

}  // namespace

QueryCall BareQueryCall(const http::Request& request, format::FormatName format) {
  QueryCall call;
  call.query.database = NamedDatabase(request, "");
  call.query.may_name_databases = call.query.database.empty();
  call.query.principal = request.principal;
  call.query.client_address = request.client_address;
  call.query.allows_missing_files = IsTrue(request.HeaderValue("x-arc-allow-missing-files"));
  call.result.format.name = format;
  call.result.has_profile = IsTrue(request.HeaderValue("x-arc-profile"));
  const bool is_packed =
      format == format::FormatName::kArrow || format == format::FormatName::kParquet;
  if (!is_packed) {
    call.result.coding = format::ChooseCoding(request.HeaderValue("Accept-Encoding"));
  }
  return call;
}

Result<QueryCall> ParseQueryCall(const http::Request& request, format::FormatName preset) {
  const auto body = TRY(ObjectIn(request.body));
  auto call = BareQueryCall(request, TRY(FormatIn(body, request, preset)));
  TRY(SetPage(body, call.query));
  if (call.query.cursor.empty()) call.query.sql = TRY(SqlIn(body));
  call.query.parameters = TRY(ParametersIn(body));
  call.query.limit = TRY(CountIn(body, "limit"));
  call.query.offset = TRY(CountIn(body, "offset")).value_or(0);
  call.query.time_zone = TRY(WordIn(body, "time_zone"));
  if (const auto timeout = TRY(CountIn(body, "timeout_ms"))) {
    call.query.timeout = std::chrono::milliseconds(*timeout);
  }
  auto& format = call.result.format;
  format.has_array_rows = TRY(ChoiceIn(body, "rows", "objects", "arrays"));
  format.has_big_int_strings = TRY(ChoiceIn(body, "big_integers", "numbers", "strings"));
  format.arrow_compression = TRY(ArrowCompressionIn(request));
  format.has_arrow_dictionaries = TRY(HasArrowDictionaries(request));
  return call;
}

}  // namespace arc::api
