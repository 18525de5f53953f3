// The greatest LSN and measurement id ever recorded: new ones start above both.

#pragma once

#include <algorithm>

#include "foundation/model/lsn.h"
#include "foundation/model/names.h"

namespace arc::catalog {

struct HighWater {
  Lsn lsn = kLsnZero;
  MeasurementId measurement_id{};

  void Raise(const HighWater& other) {
    lsn = std::max(lsn, other.lsn);
    measurement_id = std::max(measurement_id, other.measurement_id);
  }
  bool operator==(const HighWater&) const = default;
};

}  // namespace arc::catalog
