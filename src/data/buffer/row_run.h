// Buffered rows of one or more requests in one batch, with the LSN of each of them.

#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "foundation/model/column_batch.h"
#include "foundation/model/lsn.h"
#include "foundation/time/clock.h"

namespace arc::buffer {

// Rows [row_begin, row_end) of an immutable batch.
struct BatchSlice {
  std::shared_ptr<const ColumnBatch> batch;
  std::size_t row_begin = 0;
  std::size_t row_end = 0;
};

// For each request, in order, where its rows end. LSNs and ends rise; a request's rows begin where
// those of the one before end, the first one's at 0.
using RequestEnds = std::vector<std::pair<Lsn, std::size_t>>;

// Where the rows of LSNs up to `lsn` end.
std::size_t RowEnd(const RequestEnds& ends, Lsn lsn);

struct RowRun {
  std::shared_ptr<const ColumnBatch> batch;
  RequestEnds ends;            // the last one is the batch's row count
  std::size_t byte_count = 0;  // memory of `batch` and `ends`
  Clock::SteadyTime published{};

  Lsn last_lsn() const { return ends.back().first; }
};

RowRun MakeRun(std::shared_ptr<const ColumnBatch> batch, RequestEnds ends,
               Clock::SteadyTime published);

// How many of the newest runs are worth folding into one now; 0 when none are. Folding four
// neighbours of a size class at a time copies each row about a dozen times on its way into a large
// run, and leaves at most three of a class. Runs with a column of another type stay apart: a reader
// that sees up to the first one has a schema that must hold for what it is folded into.
std::size_t CountToFold(std::span<const RowRun> runs);

// The rows of all `runs` as one.
RowRun Fold(std::span<const RowRun> runs);

}  // namespace arc::buffer
