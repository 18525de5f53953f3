// Which databases and measurements a reader can see: those of the catalog, and those that so far
// have rows only in memory.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/auth/principal.h"
#include "data/buffer/live_measurements.h"
#include "data/catalog/catalog.h"

namespace arc::execution {

struct DatabaseListing {
  std::string name;
  std::size_t measurement_count = 0;
  std::optional<std::int64_t> created_at;  // microseconds UTC; only if the catalog has it already
};

struct MeasurementListing {
  std::string database;
  std::string name;
  std::uint64_t file_count = 0;
  std::uint64_t byte_count = 0;  // of the files
};

// Both return what `reader` may read, sorted by name. They take O(all measurements): not for I/O
// threads. A database is listed when `reader` may read one of its measurements, or all that it may
// ever have.
std::vector<DatabaseListing> ListDatabases(const catalog::Catalog& catalog,
                                           const buffer::LiveMeasurements& tables,
                                           const auth::Principal& reader);
// The measurements of one database, or of all databases when `database` is empty.
std::vector<MeasurementListing> ListMeasurements(const catalog::Catalog& catalog,
                                                 const buffer::LiveMeasurements& tables,
                                                 const auth::Principal& reader,
                                                 std::string_view database);

}  // namespace arc::execution
