// Databases and measurements: what exists, and creating a database.

#pragma once

#include <vector>

#include "base/task_pool.h"
#include "buffer/live_tables.h"
#include "catalog/catalog.h"
#include "http/route.h"

namespace arc::api {

// Lifetime: outlives the http server whose routes it made; outlived by what it is given.
// Threads:  handlers only queue; the work runs in `pool`.
class DatabaseRoutes {
 public:
  DatabaseRoutes(catalog::Catalog& catalog, const buffer::LiveTables& tables, TaskPool& pool);

  std::vector<http::Route> Routes();

 private:
  http::Response ListDatabases() const;
  http::Response ShowDatabase(const http::Request& request) const;
  http::Response ListMeasurementsOf(const http::Request& request) const;
  http::Response ListMeasurements(const http::Request& request) const;
  http::Response CreateDatabase(const http::Request& request);

  catalog::Catalog& catalog_;
  const buffer::LiveTables& tables_;
  TaskPool& pool_;
};

}  // namespace arc::api
