// Databases and measurements: what exists, creating a database, dropping either.

#pragma once

#include <cstdint>
#include <vector>

#include "data/buffer/live_measurements.h"
#include "data/catalog/catalog.h"
#include "data/write/drop.h"
#include "foundation/base/task_pool.h"
#include "service/http/route.h"

namespace arc::api {

// Lifetime: outlives the http server whose routes it made; outlived by what it is given.
// Threads:  handlers only queue; the work runs in `pool`.
class DatabaseRoutes {
 public:
  enum class Drops : std::uint8_t { kForbidden, kAllowed };

  DatabaseRoutes(catalog::Catalog& catalog, const buffer::LiveMeasurements& tables,
                 write::Dropper& dropper, Drops drops, TaskPool& pool);

  std::vector<http::Route> Routes();

 private:
  http::Response ListDatabases(const http::Request& request) const;
  http::Response ShowDatabase(const http::Request& request) const;
  http::Response ListMeasurementsOf(const http::Request& request) const;
  http::Response ListMeasurements(const http::Request& request) const;
  http::Response CreateDatabase(const http::Request& request);
  http::Response Create(const http::Request& request, const std::string& name);
  http::Response DropDatabase(const http::Request& request);
  http::Response DropMeasurement(const http::Request& request);
  Result<void> CheckDrop(const http::Request& request) const;

  catalog::Catalog& catalog_;
  const buffer::LiveMeasurements& tables_;
  write::Dropper& dropper_;
  const Drops drops_;
  TaskPool& pool_;
};

}  // namespace arc::api
