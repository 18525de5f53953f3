// Which database a request means.

#pragma once

#include <string>
#include <string_view>

#include "foundation/base/result.h"
#include "service/http/route.h"

namespace arc::api {

inline constexpr std::string_view kDatabaseHeader = "x-arc-database";

// The header x-arc-database, else the query parameter `parameter` ("" for none), else nothing. An
// empty header or parameter counts as absent. Valid as long as the request.
std::string_view NamedDatabase(const http::Request& request, std::string_view parameter);

// The database that a request is about, for the audit log; empty when none is named. Route::subject
// is a parameter as in NamedDatabase; or ":name", that part of the path alone. Valid as long as the
// request.
std::string_view SubjectOf(const http::Request& request, const http::Route& route);

// The database that NamedDatabase names, "default" when none is. Fails with kInvalidInput on
// a name that no database can have.
Result<std::string> DatabaseOrDefault(const http::Request& request, std::string_view parameter);

// The measurement that element sets go to: the header x-arc-measurement, else the parameter
// `measurement`, else satellite_tle. Fails with kInvalidInput on a name that none can have.
Result<std::string> TleMeasurement(const http::Request& request);

}  // namespace arc::api
