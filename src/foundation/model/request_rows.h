// Rows of a batch, and which of them came with which request.

#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "foundation/model/column_batch.h"
#include "foundation/model/lsn.h"

namespace arc {

// Rows [row_begin, row_end) of an immutable batch.
struct BatchSlice {
  std::shared_ptr<const ColumnBatch> batch;
  std::size_t row_begin = 0;
  std::size_t row_end = 0;

  std::size_t row_count() const { return row_end - row_begin; }
};

// The rows of the request `lsn` end at `row_end`. They begin where those of the request before end,
// the first one's at 0.
struct RequestEnd {
  Lsn lsn{};
  std::size_t row_end = 0;

  bool operator==(const RequestEnd&) const = default;
};

// Of consecutive requests: LSNs and ends rise.
using RequestEnds = std::vector<RequestEnd>;

// A slice whose rows belong to these requests; the ends are counted from slice.row_begin.
struct RequestSlice {
  BatchSlice slice;
  RequestEnds ends;
};

}  // namespace arc
