// The rows of several batches in one order by time: the first step of every flush and import.

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

// Row i of the order has time times[i], and times rise or stay.
struct TimeOrder {
  std::vector<std::int64_t> times;
  std::vector<RowRef> rows;
};

// Orders the rows of `slices` by time; equal times stay in the order of the slices. At most 2^32
// slices of 2^32 rows. Needs 16 bytes a row, 48 while sorting; nothing is sorted when the rows come
// in order.
TimeOrder OrderByTime(const std::vector<BatchSlice>& slices);

}  // namespace arc::encoding
