// A number for all that a catalog says of databases, measurements, columns and files: kept in the
// same transaction as the rows, so that rows which do not belong together are known as such. SQLite
// has no checksum of its pages, and takes any catalog.db-wal for that of the catalog.db beside it.
//
// It is a sum over the rows, in no order, so that a change costs what it changes.

#pragma once

#include <cstdint>
#include <string>

#include "data/catalog/change_plan.h"
#include "data/catalog/file_entry.h"
#include "data/catalog/snapshot.h"
#include "foundation/model/names.h"

namespace arc::catalog {

std::uint64_t DigestOf(const DatabaseState& database);
std::uint64_t DigestOf(MeasurementId id, const FileEntry& file);
// With its columns and files.
std::uint64_t DigestOf(const MeasurementState& measurement);

// What a planned change adds to the digest. `dropped_database`: of plan.dropped_database, null when
// there is none.
std::uint64_t DigestChangeOf(const ChangePlan& plan, const DatabaseState* dropped_database);

}  // namespace arc::catalog
