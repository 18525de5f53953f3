// Which database a request means.

#pragma once

#include <string>
#include <string_view>

#include "foundation/base/result.h"
#include "service/http/route.h"

namespace arc::api {

// The database that http::NamedDatabase names, "default" when none is. Fails with kInvalidInput on
// a name that no database can have.
Result<std::string> DatabaseOrDefault(const http::Request& request, std::string_view parameter);

// The measurement that element sets go to: the header x-arc-measurement, else the parameter
// `measurement`, else satellite_tle. Fails with kInvalidInput on a name that none can have.
Result<std::string> TleMeasurement(const http::Request& request);

}  // namespace arc::api
