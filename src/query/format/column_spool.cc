#include "query/format/column_spool.h"

#include <algorithm>

namespace arc::format {
namespace {

constexpr std::size_t kTailBytesMax = 256 << 10;
constexpr std::size_t kTailBytesMin = 4 << 10;
constexpr std::size_t kAllTailsMax = 16 << 20;

}  // namespace

ColumnSpool::ColumnSpool(Spool& spool, std::size_t column_count)
    : spool_(spool),
      tail_bytes_max_(std::clamp(kAllTailsMax / std::max<std::size_t>(column_count, 1),
                                 kTailBytesMin, kTailBytesMax)),
      columns_(column_count) {}

Result<void> ColumnSpool::Write() {
  for (auto& column : columns_) {
    if (column.tail.size() < tail_bytes_max_) continue;
    if (!file_) file_ = TRY(spool_.Create());
    const auto offset = TRY(file_->Append(column.tail));
    column.extents.push_back({offset, column.tail.size()});
    column.tail.clear();
  }
  return {};
}

Result<bool> ColumnSpool::ReadPart(std::size_t index, std::string& out) {
  auto& column = columns_[index];
  if (column.next_extent < column.extents.size()) {
    const auto& extent = column.extents[column.next_extent++];
    TRY(file_->Read(extent.offset, extent.size, out));
    return true;
  }
  if (column.is_read) return false;
  column.is_read = true;
  out += column.tail;
  return true;
}

}  // namespace arc::format
