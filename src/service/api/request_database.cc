#include "service/api/request_database.h"

#include "foundation/model/names.h"

namespace arc::api {

std::string_view NamedDatabase(const http::Request& request, std::string_view parameter) {
  const auto header = request.HeaderValue(kDatabaseHeader);
  if (!header.empty() || parameter.empty()) return header;
  return request.QueryValue(parameter).value_or("");
}

std::string_view SubjectOf(const http::Request& request, const http::Route& route) {
  const std::string_view subject = route.subject;
  if (subject.starts_with(':')) return request.PathParameter(subject.substr(1));
  return NamedDatabase(request, subject);
}

Result<std::string> DatabaseOrDefault(const http::Request& request, std::string_view parameter) {
  auto name = NamedDatabase(request, parameter);
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
