// Whole files in one request: CSV and Parquet.

#pragma once

#include <vector>

#include "base/metrics.h"
#include "base/task_pool.h"
#include "fs/file_system.h"
#include "http/route.h"
#include "storage/import_file.h"

namespace arc::api {

// Lifetime: outlives the http server whose routes it made; outlived by what it is given.
// Threads:  bodies are spooled to a temporary file by the I/O threads; the import runs in `pool`.
class ImportRoutes {
 public:
  ImportRoutes(storage::Importer& importer, fs::FileSystem& file_system, TaskPool& pool,
               Metrics& metrics);

  std::vector<http::Route> Routes();

 private:
  http::Response Import(const http::Request& request, storage::ImportFormat format);
  Result<storage::ImportRequest> RequestFor(const http::Request& request,
                                            storage::ImportFormat format) const;
  Result<void> LocateFile(const http::Request& request, storage::ImportRequest& import) const;

  storage::Importer& importer_;
  fs::FileSystem& file_system_;
  TaskPool& pool_;
  Counter& records_;
};

}  // namespace arc::api
