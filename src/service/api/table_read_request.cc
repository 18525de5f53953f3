#include "service/api/table_read_request.h"

#include <fmt/format.h>

#include <string>

#include "foundation/model/names.h"
#include "foundation/text/parse_number.h"
#include "query/engine/scan/table_read.h"
#include "service/api/request_database.h"

namespace arc::api {
namespace {

constexpr std::uint64_t kLimitDefault = 100;
constexpr std::uint64_t kLimitMax = 1'000'000;
constexpr std::uint64_t kOffsetMax = INT64_MAX;
constexpr std::size_t kOrderBytesMax = 256;
constexpr std::size_t kConditionBytesMax = 4096;

Error Invalid(std::string message) { return {ErrorCode::kInvalidInput, std::move(message)}; }

Result<std::uint64_t> NumberIn(const http::Request& request, const char* name,
                               std::uint64_t if_absent, std::uint64_t max) {
  const auto text = request.QueryValue(name);
  if (!text || text->empty()) return if_absent;
  const auto number = ParseNumber<std::uint64_t>(*text);
  if (number && *number <= max) return *number;
  return Invalid(fmt::format("{} must be a whole number from 0 to {}", name, max));
}

Result<std::string> TextIn(const http::Request& request, const char* name, std::size_t bytes_max) {
  const auto text = request.QueryValue(name).value_or("");
  if (text.size() <= bytes_max) return std::string(text);
  return Invalid(fmt::format("{} may have {} bytes at most", name, bytes_max));
}

}  // namespace

Result<QueryCall> ParseTableRead(const http::Request& request, format::FormatName format) {
  auto call = BareQueryCall(request, format);
  engine::TableRead read;
  read.database = TRY(DatabaseOrDefault(request, "database"));
  read.measurement = request.PathParameter("measurement");
  TRY(CheckMeasurementName(read.measurement));
  read.condition = TRY(TextIn(request, "where", kConditionBytesMax));
  read.order = TRY(TextIn(request, "order_by", kOrderBytesMax));
  if (read.order.empty()) read.order = "time DESC";
  call.query.sql = TRY(engine::SqlOf(read));
  call.query.limit = TRY(NumberIn(request, "limit", kLimitDefault, kLimitMax));
  call.query.offset = TRY(NumberIn(request, "offset", 0, kOffsetMax));
  call.query.database = std::move(read.database);
  call.query.may_name_databases = false;
  return call;
}

}  // namespace arc::api
