// Imports rows of several measurements, as line protocol has them: all or none, in one catalog
// transaction.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "data/buffer/live_tables.h"
#include "data/files/file_publisher.h"
#include "data/files/file_stager.h"
#include "data/imports/import_file.h"
#include "data/imports/import_part.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/model/decoded_body.h"
#include "foundation/model/schema.h"

namespace arc::imports {

// A file as pieces that are decoded one after the other.
// Threads: one. Memory: one piece, whatever the file's size.
class RowSource {
 public:
  virtual ~RowSource() = default;
  // The next rows, and the lines that are none, numbered from the beginning of the file; nothing at
  // the end. What is decoded joins what `schemas` says.
  virtual Result<std::optional<DecodedBody>> Next(const SchemaSource& schemas) = 0;
};

struct RowImportRequest {
  std::string database;                    // a valid name
  std::optional<std::string> measurement;  // the only one that is stored; else all
  OnError on_error = OnError::kRefuse;
  // Asked for each measurement, before anything is said of its lines; its failure is the import's.
  // Empty: all are allowed.
  std::function<Result<void>(const std::string& measurement)> authorize{};
};

struct RowImportResult {
  std::vector<std::string> measurements;  // sorted
  std::uint64_t rows_imported = 0;
  RejectionReport skipped;  // lines; none with OnError::kRefuse
  std::chrono::microseconds duration{0};
};

// Lifetime, threads, memory: as Importer.
class RowImporter {
 public:
  RowImporter(ImportLimits limits, fs::FileSystem& file_system, files::FileStager& stager,
              files::FilePublisher& publisher, buffer::LiveTables& live_tables);

  // Fails with kUnprocessable at the first line that cannot be stored, unless it may be skipped;
  // with kInvalidInput when there is no row or a limit is passed; else as Importer. Then nothing
  // has changed.
  Result<RowImportResult> Import(const RowImportRequest& request, RowSource& source);

 private:
  class Run;

  const ImportLimits limits_;
  fs::FileSystem& file_system_;
  files::FileStager& stager_;
  files::FilePublisher& publisher_;
  buffer::LiveTables& live_tables_;
};

}  // namespace arc::imports
