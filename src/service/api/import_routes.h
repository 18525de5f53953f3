// Whole files in one request: CSV, Parquet, line protocol and TLE.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/imports/import_file.h"
#include "data/imports/row_import.h"
#include "data/imports/text_source.h"
#include "foundation/base/metrics.h"
#include "foundation/base/task_pool.h"
#include "foundation/fs/file_system.h"
#include "foundation/model/time_limits.h"
#include "foundation/time/clock.h"
#include "service/api/uploaded_file.h"
#include "service/http/route.h"

namespace arc::api {

// Lifetime: outlives the http server whose routes it made; outlived by what it is given.
// Threads:  bodies are spooled to a temporary file by the I/O threads; the import runs in `pool`.
// Limits:   a packed file unpacks to at most `file_bytes_max`, on the disk.
class ImportRoutes {
 public:
  ImportRoutes(std::uint64_t file_bytes_max, TimeRule times, imports::Importer& importer,
               imports::RowImporter& row_importer, fs::FileSystem& file_system, TaskPool& pool,
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
  Result<std::unique_ptr<imports::TextSource>> OpenText(const UploadedFile& file,
                                                        imports::TextSource::Decoder decode);
  Result<Answer> ImportCsv(const http::Request& request);
  Result<Answer> ImportParquet(const http::Request& request);
  Result<Answer> ImportColumns(const http::Request& request, imports::ImportRequest import);
  Result<Answer> ImportLineProtocol(const http::Request& request);
  Result<Answer> ImportTle(const http::Request& request);
  http::Response Stats() const;

  const std::uint64_t file_bytes_max_;
  const TimeRule times_;
  imports::Importer& importer_;
  imports::RowImporter& row_importer_;
  fs::FileSystem& file_system_;
  TaskPool& pool_;
  const Clock& clock_;
  Counter& all_records_;
  Counter& requests_;
  Counter& records_;
  Counter& errors_;
};

}  // namespace arc::api
