// Buffered rows of one or more requests in one batch, with the LSN of each of them.

#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "foundation/model/column_batch.h"
#include "foundation/model/lsn.h"
#include "foundation/model/request_rows.h"
#include "foundation/time/clock.h"

namespace arc::buffer {

// Where the rows of LSNs up to `lsn` end.
std::size_t RowEnd(const RequestEnds& ends, Lsn lsn);

struct BufferedBatch {
  std::shared_ptr<const ColumnBatch> batch;
  RequestEnds ends;            // the last one is the batch's row count
  std::size_t byte_count = 0;  // memory of `batch` and `ends`
  Clock::SteadyTime published{};

  Lsn last_lsn() const { return ends.back().lsn; }
};

BufferedBatch MakeBufferedBatch(std::shared_ptr<const ColumnBatch> batch, RequestEnds ends,
                                Clock::SteadyTime published);

// How many of the newest batches are worth folding into one now; 0 for none. Folding four
// neighbours of a size class at a time copies each row about a dozen times on its way into a large
// batch, and leaves at most three of a class. Batches with a column of another type stay apart: a
// reader that sees up to the first one has a schema that must hold for what it is folded into.
std::size_t CountToFold(std::span<const BufferedBatch> batches);

// The rows of all `batches` as one.
BufferedBatch Fold(std::span<const BufferedBatch> batches);

}  // namespace arc::buffer
