// Orders the rows of several batches by time: the first step of every flush and import.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "data/buffer/live_measurement.h"

namespace arc::encoding {

// Row `row` of the batch of slices[slice].
struct RowRef {
  std::uint32_t slice;
  std::uint32_t row;
};

// Row i of the order is rows[i] and has the time times[i]; times never go down.
struct TimeOrder {
  std::vector<std::int64_t> times;
  std::vector<RowRef> rows;
};

// Orders the rows of `slices` by time; rows with equal times stay in the order of the slices. At
// most 2^32 slices of 2^32 rows. Needs 16 bytes for each row, 48 while sorting; rows that come in
// order are not sorted.
TimeOrder OrderByTime(const std::vector<BatchSlice>& slices);

}  // namespace arc::encoding
