#include "data/imports/import_source.h"

#include <fmt/format.h>

#include <algorithm>

namespace arc::imports {
Result<void> RowFilter::LeaveOut(std::size_t row, std::uint64_t number, const std::string& reason) {
  if (on_error_ == OnError::kRefuse) {
    return Error{ErrorCode::kUnprocessable, fmt::format("row {}: {}", number, reason)};
  }
  if (keep_[row]) skipped_.Add(number, reason);
  keep_[row] = false;
  return {};
}

ColumnBatch RowFilter::Filter(ColumnBatch batch) const {
  if (std::find(keep_.begin(), keep_.end(), false) == keep_.end()) return batch;
  return SelectRows(batch, keep_);
}

}  // namespace arc::imports
