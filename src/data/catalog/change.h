// What can be asked of the catalog: everything that a transaction of it may change.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "data/catalog/file_entry.h"
#include "data/catalog/state.h"
#include "foundation/model/lsn.h"
#include "foundation/model/names.h"
#include "foundation/model/schema.h"

namespace arc::catalog {

// What one flush or import changes about one measurement.
struct MeasurementChange {
  MeasurementId id{};    // never 0
  MeasurementName name;  // database and measurement are created when they do not exist
  // What the measurement's schema must be after the change; joined with what is stored (a column
  // is never lost, a type never narrowed, a tag stays a tag). Never null.
  std::shared_ptr<const RowSchema> schema;
  std::vector<FileEntry> added_files;
  std::vector<std::string> removed_paths;  // refused unless each is still live

  // A flush moves flushed_lsn from the value it started with; refused if it is another by now.
  struct FlushedLsn {
    Lsn from;
    Lsn to;
  };
  std::optional<FlushedLsn> flushed;
};

// All or nothing. A measurement appears at most once.
struct CatalogChange {
  std::vector<MeasurementChange> measurements;
};

// Measurements that go, with all their files. All or nothing.
struct DropChange {
  struct Measurement {
    MeasurementName name;
    MeasurementId id{};  // refused when the catalog has another under the name
  };
  // The measurements that go; the catalog need not hold them yet: rows of them may be in the WAL.
  std::vector<Measurement> measurements;
  // If not empty, this database goes too, with every measurement that the catalog has in it.
  std::string database;
  // Every row of the dropped measurements has an LSN below it.
  Lsn lsn = kLsnZero;
};

// What went.
struct DropCounts {
  std::uint64_t measurement_count = 0;
  std::uint64_t file_count = 0;
  std::uint64_t row_count = 0;   // of the files
  std::uint64_t byte_count = 0;  // of the files
};

// The other changes, which the functions of Catalog make.
struct NewDatabase {
  std::string name;
};

struct CountedDrop {
  DropChange change;
  DropCounts* counts;  // filled before the completion runs; never null
};

// The tombstones with LSNs up to `last_lsn` go.
struct ForgottenTombstones {
  Lsn last_lsn;
};

struct ForgottenFiles {
  std::vector<std::string> paths;
};

// One place in a transaction: applied whole, or refused alone.
using Change = std::variant<CatalogChange, NewDatabase, LastIds, CountedDrop, ForgottenTombstones,
                            ForgottenFiles>;

}  // namespace arc::catalog
