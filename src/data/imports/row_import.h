// Imports the rows of a text file into several measurements: all rows or no row, in one catalog
// transaction.
//
// The file is decoded piece by piece; each measurement in it has an ImportPart (import_part.h) that
// collects its rows. When a part has many rows, it is written to staged files. When all parts
// together have too many bytes, the largest ones are written. At the end the remaining rows are
// written, all parts register, and one transaction publishes all files. When anything fails before
// that, the parts remove their staged files and no row is visible.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "data/buffer/live_measurements.h"
#include "data/files/file_publisher.h"
#include "data/files/file_stager.h"
#include "data/imports/import_file.h"
#include "data/imports/import_part.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/model/decoded_body.h"
#include "foundation/model/schema.h"

namespace arc::imports {

// A file, decoded piece by piece.
// Threads: one. Memory: one piece, whatever the size of the file.
class RowSource {
 public:
  virtual ~RowSource() = default;
  // The next rows, and the lines that cannot be stored, numbered from the beginning of the file;
  // nothing at the end. The rows have types that join those of `schemas`.
  virtual Result<std::optional<DecodedBody>> Next(const SchemaSource& schemas) = 0;
};

struct RowImportRequest {
  std::string database;                    // a valid name
  std::optional<std::string> measurement;  // if set, only this one is stored
  OnError on_error = OnError::kRefuse;
  // Asked for each measurement, before any message mentions its lines; when it fails, the import
  // fails with its error. Empty: every measurement is allowed.
  std::function<Result<void>(const std::string& measurement)> authorize{};
};

struct RowImportResult {
  std::vector<std::string> measurements;  // sorted
  std::uint64_t rows_imported = 0;
  RejectionReport skipped;  // lines; always empty with OnError::kRefuse
  std::chrono::microseconds duration{0};
};

// Lifetime, threads, memory: as Importer.
class RowImporter {
 public:
  RowImporter(ImportLimits limits, fs::FileSystem& file_system, files::FileStager& stager,
              files::FilePublisher& publisher, buffer::LiveMeasurements& live_measurements);

  // Fails with kUnprocessable at the first line that cannot be stored, unless lines may be skipped;
  // with kInvalidInput when there is no row or a limit is passed; else as Importer. Then no row was
  // stored.
  Result<RowImportResult> Import(const RowImportRequest& request, RowSource& source);

 private:
  class Run;

  const ImportLimits limits_;
  fs::FileSystem& file_system_;
  files::FileStager& stager_;
  files::FilePublisher& publisher_;
  buffer::LiveMeasurements& live_measurements_;
};

}  // namespace arc::imports
