#include "service/api/table_read_request.h"

#include <fmt/format.h>

#include <string>

#include "foundation/model/names.h"
#include "query/engine/scan/table_read.h"
#include "service/api/request_database.h"
#include "service/api/request_parameters.h"

namespace arc::api {
namespace {

constexpr std::uint64_t kLimitDefault = 100;
constexpr std::uint64_t kLimitMax = 1'000'000;
constexpr std::uint64_t kOffsetMax = INT64_MAX;
constexpr std::size_t kOrderBytesMax = 256;
constexpr std::size_t kConditionBytesMax = 4096;

Result<std::string> SqlIn(const http::Request& request, const char* name, std::size_t bytes_max) {
  auto text = TextIn(request, name);
  if (text.size() <= bytes_max) return text;
  return Invalid(fmt::format("{} may have {} bytes at most", name, bytes_max));
}

}  // namespace

Result<QueryCall> ParseTableRead(const http::Request& request, format::FormatName format) {
  auto call = BareQueryCall(request, format);
  engine::TableRead read;
  read.database = TRY(DatabaseOrDefault(request, "database"));
  read.measurement = request.PathParameter("measurement");
  TRY(CheckMeasurementName(read.measurement));
  read.condition = TRY(SqlIn(request, "where", kConditionBytesMax));
  read.order = TRY(SqlIn(request, "order_by", kOrderBytesMax));
  if (read.order.empty()) read.order = "time DESC";
  call.query.sql = TRY(engine::SqlOf(read));
  call.query.limit = TRY(NumberIn(request, "limit", kLimitDefault, kLimitMax));
  call.query.offset = TRY(NumberIn(request, "offset", 0, kOffsetMax));
  call.query.database = std::move(read.database);
  call.query.may_name_databases = false;
  return call;
}

}  // namespace arc::api
