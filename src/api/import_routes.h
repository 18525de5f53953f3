// Whole files in one request: CSV, Parquet, line protocol and TLE.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/task_pool.h"
#include "fs/file_system.h"
#include "http/route.h"
#include "model/time_limits.h"
#include "storage/import_file.h"
#include "storage/row_import.h"

namespace arc::api {

// Lifetime: outlives the http server whose routes it made; outlived by what it is given.
// Threads:  bodies are spooled to a temporary file by the I/O threads; the import runs in `pool`.
// Limits:   a packed file unpacks to at most `file_bytes_max`, on the disk.
class ImportRoutes {
 public:
  ImportRoutes(std::uint64_t file_bytes_max, TimeRule times, storage::Importer& importer,
               storage::RowImporter& row_importer, fs::FileSystem& file_system, TaskPool& pool,
               const Clock& clock, Metrics& metrics);

  std::vector<http::Route> Routes();

 private:
  struct Answer {
    http::Response response;
    std::uint64_t rows;
  };
  using Import = Result<Answer> (ImportRoutes::*)(const http::Request& request);
  struct Endpoint {
    std::string path;
    std::vector<std::string> parameters;  // all that it takes
    Import import;
  };

  http::Response Run(const http::Request& request, const Endpoint& endpoint);
  Result<Answer> ImportCsv(const http::Request& request);
  Result<Answer> ImportParquet(const http::Request& request);
  Result<Answer> ImportColumns(const http::Request& request, storage::ImportRequest import);
  Result<Answer> ImportLineProtocol(const http::Request& request);
  Result<Answer> ImportTle(const http::Request& request);
  http::Response Stats() const;

  const std::uint64_t file_bytes_max_;
  const TimeRule times_;
  storage::Importer& importer_;
  storage::RowImporter& row_importer_;
  fs::FileSystem& file_system_;
  TaskPool& pool_;
  const Clock& clock_;
  Counter& all_records_;
  Counter& requests_;
  Counter& records_;
  Counter& errors_;
};

}  // namespace arc::api
