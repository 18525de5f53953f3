// Which database a request means.

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace arc::api {

// The header x-arc-database, else the query parameter `parameter` ("" for none), else nothing. An
// empty header or parameter counts as absent.
std::string_view NamedDatabase(const http::Request& request, std::string_view parameter);

// The same, but "default" when none is named. Fails with kInvalidInput on a name that no
// database can have.
Result<std::string> DatabaseOrDefault(const http::Request& request, std::string_view parameter);

// The measurement that element sets go to: the header x-arc-measurement, else the parameter
// `measurement`, else satellite_tle. Fails with kInvalidInput on a name that none can have.
Result<std::string> TleMeasurement(const http::Request& request);

}  // namespace arc::api
