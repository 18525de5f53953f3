// What an import is answered.

#pragma once

#include <cstddef>
#include <string>

#include "http/message.h"
#include "ingest/line_protocol/precision.h"
#include "storage/import_file.h"
#include "storage/row_import.h"

namespace arc::api {

// {"status":"ok","result":{...}} with what the API has for each format. When rows were skipped the
// result has "rows_skipped", and "errors" with the first of them: {"row" or "line", "message"}; of
// TLE, "parse_warnings" with a sentence for each instead. Of columns, "warnings", if any.
http::Response ImportAnswer(const storage::ImportResult& result);
http::Response LineProtocolAnswer(const std::string& database, std::string_view precision,
                                  const storage::RowImportResult& result);
http::Response TleAnswer(const std::string& database, const std::string& measurement,
                         std::size_t satellite_count, const storage::RowImportResult& result);

}  // namespace arc::api
