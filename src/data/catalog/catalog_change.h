// What a caller asks the catalog to change.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/catalog/file_entry.h"
#include "foundation/model/lsn.h"
#include "foundation/model/names.h"
#include "foundation/model/schema.h"

namespace arc::catalog {

// What one flush or import changes about one measurement.
struct MeasurementChange {
  MeasurementId id{};  // never 0
  TableName name;      // database and measurement are created when they do not exist
  // What the measurement's schema must be after the change; joined with what is stored (a column
  // is never lost, a type never narrowed, a tag stays a tag). Never null.
  std::shared_ptr<const TableSchema> schema;
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

}  // namespace arc::catalog
