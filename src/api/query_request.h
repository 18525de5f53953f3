// The body and headers of a query request → what to run and how to answer.

#pragma once

#include <optional>

#include "base/result.h"
#include "format/compressor.h"
#include "format/result_format.h"
#include "http/message.h"
#include "query/client_query.h"

namespace arc::api {

struct QueryCall {
  query::ClientQuery query;
  format::FormatOptions format;
  std::optional<format::Coding> coding;  // of the answer
};

// The members of the JSON body:
//   sql          required
//   params       an array for $1, $2, ... or ?; an object for $name
//   limit        rows at most; offset: rows left out before
//   timeout_ms   less than query.timeout
//   format       json, ndjson, csv, arrow, msgpack or parquet; else the Accept header; else
//   `preset` rows         NDJSON: "objects" or "arrays" big_integers "numbers" or "strings"
// Others are ignored. The headers x-arc-arrow-compression (zstd, lz4) and x-arc-arrow-dictionary
// (true) pack the buffers of an Arrow stream; as a whole it is never packed, nor is Parquet, as
// their readers do not expect it. Fails with kInvalidInput,
// naming the member.
Result<QueryCall> ParseQueryCall(const http::Request& request, format::FormatName preset);

}  // namespace arc::api
