#include "service/http/route.h"

namespace arc::http {

std::string_view NamedDatabase(const Request& request, std::string_view parameter) {
  const auto header = request.HeaderValue("x-arc-database");
  if (!header.empty() || parameter.empty()) return header;
  return request.QueryValue(parameter).value_or("");
}

std::string_view Route::DatabaseOf(const Request& request) const {
  if (database_parameter.starts_with(':')) {
    return request.PathParameter(std::string_view(database_parameter).substr(1));
  }
  return NamedDatabase(request, database_parameter);
}

}  // namespace arc::http
