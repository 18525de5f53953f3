// What a caller asks the catalog to drop, and what went.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "foundation/model/lsn.h"
#include "foundation/model/names.h"

namespace arc::catalog {

// All or nothing.
struct DropChange {
  struct Measurement {
    TableName name;
    MeasurementId id{};  // refused when the catalog has another under the name
  };
  // The measurements that go; the catalog need not hold them yet: rows of them may be in the WAL.
  std::vector<Measurement> measurements;
  // If not empty, this database goes too, with every measurement that the catalog has in it.
  std::string database;
  // Every row of the dropped measurements has an LSN below it.
  Lsn lsn = kLsnZero;
};

struct DropCounts {
  std::uint64_t measurement_count = 0;
  std::uint64_t file_count = 0;
  std::uint64_t row_count = 0;   // of the files
  std::uint64_t byte_count = 0;  // of the files
};

}  // namespace arc::catalog
