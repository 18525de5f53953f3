#include "service/api/request_database.h"

#include "foundation/model/names.h"

namespace arc::api {

Result<std::string> DatabaseOrDefault(const http::Request& request, std::string_view parameter) {
  auto name = http::NamedDatabase(request, parameter);
  if (name.empty()) name = kDefaultDatabase;
  TRY(CheckDatabaseName(name));
  return std::string(name);
}

Result<std::string> TleMeasurement(const http::Request& request) {
  auto name = request.HeaderValue("x-arc-measurement");
  if (name.empty()) name = request.QueryValue("measurement").value_or("");
  if (name.empty()) name = "satellite_tle";
  TRY(CheckMeasurementName(name));
  return std::string(name);
}

}  // namespace arc::api
