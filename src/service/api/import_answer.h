// What an import is answered.

#pragma once

#include <cstddef>
#include <string>

#include "data/imports/import_file.h"
#include "data/imports/row_import.h"
#include "data/ingest/line_protocol/precision.h"
#include "service/http/message.h"

namespace arc::api {

// {"status":"ok","result":{...}} with what the API has for each format. When rows were skipped the
// result has "rows_skipped", and "errors" with the first of them: {"row" or "line", "message"}; of
// TLE, "parse_warnings" with a sentence for each instead. Of columns, "warnings", if any.
http::Response ImportAnswer(const imports::ImportResult& imported);
http::Response LineProtocolAnswer(const std::string& database, std::string_view precision,
                                  const imports::RowImportResult& imported);
http::Response TleAnswer(const std::string& database, const std::string& measurement,
                         std::size_t satellite_count, const imports::RowImportResult& imported);

}  // namespace arc::api
