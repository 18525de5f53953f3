// The body and headers of a query request → what to run and how to answer.

#pragma once

#include <optional>

#include "foundation/base/result.h"
#include "query/execution/client_query.h"
#include "query/format/result_format.h"
#include "service/api/result_stream.h"
#include "service/http/message.h"

namespace arc::api {

struct QueryCall {
  execution::ClientQuery query;
  ResultOptions result;
};

// The members of the JSON body:
//   sql          required, unless `cursor` names a page
//   params       an array for $1, $2, ... or ?; an object for $name
//   limit        rows at most; offset: rows left out before
//   cursor       true: the first page of a cursor; a text: the page of that name
//   page_size    rows of a page of a cursor; 10,000
//   time_zone    of date_trunc and the like, a name of the tz database; UTC
//   timeout_ms   less than query.timeout
//   format       json, ndjson, csv, arrow, msgpack or parquet; else the Accept header; else
//   `preset` rows         NDJSON: "objects" or "arrays" big_integers "numbers" or "strings"
// Others are ignored. The header x-arc-profile (true) asks where the time went;
// x-arc-allow-missing-files (true) leaves out files that are missing or damaged; with
// x-arc-database no table of another database may be named. The headers x-arc-arrow-compression
// (zstd, lz4) and x-arc-arrow-dictionary (true) pack the buffers of an Arrow stream; as a whole it
// is never packed, nor is Parquet, as their readers do not expect it. Fails with kInvalidInput,
// naming the member.
Result<QueryCall> ParseQueryCall(const http::Request& request, format::FormatName preset);

// The same of a request without a body, for rows as `format` says.
QueryCall BareQueryCall(const http::Request& request, format::FormatName format);

}  // namespace arc::api
