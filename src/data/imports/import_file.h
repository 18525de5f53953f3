// Imports a whole file, CSV or Parquet, into one measurement: all rows or no row, in one catalog
// transaction.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/buffer/live_measurements.h"
#include "data/files/file_publisher.h"
#include "data/files/file_stager.h"
#include "data/imports/import_part.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/model/decoded_body.h"
#include "foundation/model/names.h"
#include "foundation/model/time_limits.h"
#include "foundation/text/exact_number.h"

namespace arc::imports {

enum class ImportFormat : std::uint8_t { kCsv, kParquet };

// What to do with a row that cannot be stored: refuse the file, or store the others.
enum class OnError : std::uint8_t { kRefuse, kSkip };

struct ImportRequest {
  MeasurementName table;  // checked names
  ImportFormat format = ImportFormat::kCsv;
  // The file is the bytes [offset, offset + byte_count) of the file at `path`.
  std::string path;
  std::uint64_t offset = 0;
  std::uint64_t byte_count = 0;
  std::string time_column = "time";  // found ignoring case; becomes `time`
  std::string time_format;           // as in time_parser.h
  OnError on_error = OnError::kRefuse;
  // When it is not set, CSV is read with kAsText, and a Parquet file with a decimal that a float
  // does not keep is refused.
  std::optional<LongNumbers> long_numbers{};
  TimeLimits times{};  // which times are accepted
  // CSV only.
  char delimiter = ',';
  std::uint64_t skip_rows = 0;                            // before the header
  std::optional<std::vector<std::string>> null_values{};  // as in csv_types.h
  char decimal_point = '.';                               // or ','
};

struct ImportResult {
  std::string database;
  std::string measurement;
  std::uint64_t rows_imported = 0;
  std::uint64_t partitions_created = 0;
  std::int64_t time_range_min = 0;  // microseconds since 1970-01-01T00:00:00Z
  std::int64_t time_range_max = 0;
  std::vector<std::string> columns;     // `time` first
  RejectionReport skipped;              // rows, from 1; always empty with OnError::kRefuse
  std::vector<std::string> warnings{};  // sentences about what the sender may not have meant
  std::chrono::microseconds duration{0};
};

// Types. CSV: the first of integer, float, boolean (true, false, 1, 0 in any case) and string that
// holds every value of the column in the whole file without a loss. An empty value is NULL except
// in strings; the usual spellings of NULL are NULL in numbers and booleans. Parquet: integers,
// floats and decimals, booleans, strings and binaries (which must be UTF-8), dates and timestamps
// (as integer microseconds); anything else is refused.
//
// Rows that can be skipped: rows with another number of values than the header (CSV), rows without
// a good time or with one that ImportRequest::times do not allow, and rows with a value that the
// column's type in the measurement cannot hold (CSV).
//
// Lifetime: built by Store after FilePublisher; no import may run when that closes.
// Threads:  any number of imports at once; each blocks its thread, and keeps at most about
//           chunk_bytes_max and the file written from it in memory.
class Importer {
 public:
  Importer(ImportLimits limits, fs::FileSystem& file_system, files::FileStager& stager,
           files::FilePublisher& publisher, buffer::LiveMeasurements& live_measurements);

  // Fails with kInvalidInput (header, time column, no rows, a type that the measurement's column
  // cannot hold, too many columns), kUnprocessable (not CSV or Parquet, a time or a type that
  // cannot be read), kOverloaded (the measurement was made or dropped at the same time), or as the
  // disk or the catalog fails. Then no row was stored.
  Result<ImportResult> Import(const ImportRequest& request);

 private:
  const ImportLimits limits_;
  fs::FileSystem& file_system_;
  files::FileStager& stager_;
  files::FilePublisher& publisher_;
  buffer::LiveMeasurements& live_measurements_;
};

}  // namespace arc::imports
