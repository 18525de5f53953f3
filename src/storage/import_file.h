// Imports whole files, CSV or Parquet: all rows or none, in one catalog transaction.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "buffer/live_tables.h"
#include "fs/file_system.h"
#include "model/names.h"
#include "model/schema.h"
#include "storage/file_publisher.h"
#include "storage/file_stager.h"

namespace arc::storage {

enum class ImportFormat : std::uint8_t { kCsv, kParquet };

struct ImportRequest {
  TableName table;  // checked names
  ImportFormat format = ImportFormat::kCsv;
  // The file is the bytes [offset, offset + byte_count) of the file at `path`.
  std::string path;
  std::uint64_t offset = 0;
  std::uint64_t byte_count = 0;
  std::string time_column = "time";  // found ignoring case; becomes `time`
  std::string time_format;           // as in time_parser.h
  // CSV only.
  char delimiter = ',';
  std::uint64_t skip_rows = 0;  // before the header
};

struct ImportResult {
  std::string database;
  std::string measurement;
  std::uint64_t rows_imported = 0;
  std::uint64_t partitions_created = 0;
  std::int64_t time_range_min = 0;  // microseconds since 1970-01-01T00:00:00Z
  std::int64_t time_range_max = 0;
  std::vector<std::string> columns;  // `time` first
  std::chrono::microseconds duration{0};
};

// Types. CSV: the narrowest of integer, float, boolean (true, false, 1, 0 in any case) and string
// that takes every value of the column in the whole file; an empty value is NULL in all but
// strings. Parquet: integers, floats and decimals, booleans, strings and binaries (which must be
// UTF-8), dates and timestamps (as integer microseconds); anything else is refused.
//
// Lifetime: built by Server after FilePublisher; must be idle before that closes.
// Threads:  any number of imports at once; each blocks its thread, and keeps at most about
//           chunk_bytes_max and the file written from it in memory.
class Importer {
 public:
  struct Limits {
    std::size_t columns_max;       // of a measurement, without `time`
    std::size_t measurements_max;  // of a database
    // Rows that are sorted and cut into files together.
    std::size_t chunk_rows_max = 500'000;
    std::size_t chunk_bytes_max = std::size_t{128} << 20;
  };

  Importer(Limits limits, fs::FileSystem& file_system, FileStager& stager, FilePublisher& publisher,
           buffer::LiveTables& live_tables);

  // Fails with kInvalidInput (header, time column, no rows, a type that the measurement's column
  // cannot take, too many columns), kUnprocessable (not CSV or Parquet, a time or a type that
  // cannot be read) or what the disk or the catalog fails with. Then no row is stored, though the
  // measurement may know the columns already.
  Result<ImportResult> Import(const ImportRequest& request);

 private:
  class Chunks;

  Result<std::shared_ptr<buffer::LiveMeasurement>> FindOrCreate(const TableName& table);
  Result<std::shared_ptr<const TableSchema>> Admit(buffer::LiveMeasurement& live,
                                                   const std::vector<SchemaColumn>& columns) const;

  const Limits limits_;
  fs::FileSystem& file_system_;
  FileStager& stager_;
  FilePublisher& publisher_;
  buffer::LiveTables& live_tables_;
};

}  // namespace arc::storage
