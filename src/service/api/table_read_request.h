// GET /api/v1/query/:measurement: a simple read of one measurement → the query that it is.

#pragma once

#include "foundation/base/result.h"
#include "service/api/query_request.h"
#include "service/http/message.h"

namespace arc::api {

// The parameters of the path's query:
//   database   else the header x-arc-database, else the default database
//   limit      rows, up to 1,000,000; 100
//   offset     rows left out before
//   order_by   columns or expressions, each ASC or DESC; time DESC
//   where      one condition on the rows
// Fails with kInvalidInput, naming the parameter.
Result<QueryCall> ParseTableRead(const http::Request& request, format::FormatName format);

}  // namespace arc::api
