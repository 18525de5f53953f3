// Which databases and measurements a reader can see: those of the catalog and those whose rows are
// still in memory only.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/auth/principal.h"
#include "data/buffer/live_tables.h"
#include "data/catalog/catalog.h"

namespace arc::execution {

struct DatabaseListing {
  std::string name;
  std::size_t measurement_count = 0;
  std::optional<std::int64_t> created_at;  // microseconds UTC; known once the catalog has it
};

struct MeasurementListing {
  std::string database;
  std::string name;
  std::uint64_t file_count = 0;
  std::uint64_t byte_count = 0;  // of the files
};

// Both by name, and of what `reader` may read. O(all measurements): not for I/O threads.
// A database is listed with one of its measurements, or when all that may be in it may be read.
std::vector<DatabaseListing> ListDatabases(const catalog::Catalog& catalog,
                                           const buffer::LiveTables& tables,
                                           const auth::Principal& reader);
// Of one database, or of all when it is empty.
std::vector<MeasurementListing> ListMeasurements(const catalog::Catalog& catalog,
                                                 const buffer::LiveTables& tables,
                                                 const auth::Principal& reader,
                                                 std::string_view database);

}  // namespace arc::execution
