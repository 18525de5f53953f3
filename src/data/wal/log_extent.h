// What a log must hold: a few numbers that are kept outside of its folder, so that what is missing
// from the folder is noticed. They only rise.

#pragma once

#include <algorithm>
#include <cstdint>

#include "foundation/model/lsn.h"

namespace arc::wal {

struct LogExtent {
  std::uint64_t last_segment = 0;  // the greatest number of a segment with a durable record
  Lsn checkpoint = kLsnZero;       // of the newest checkpoint; 0 when there was none
  Lsn durable = kLsnZero;          // of the greatest record that was durable
  Lsn needed_from = kLsnZero;      // no record below it is needed: its rows are in files

  void Raise(const LogExtent& other) {
    last_segment = std::max(last_segment, other.last_segment);
    checkpoint = std::max(checkpoint, other.checkpoint);
    durable = std::max(durable, other.durable);
    needed_from = std::max(needed_from, other.needed_from);
  }
  bool operator==(const LogExtent&) const = default;
};

}  // namespace arc::wal
