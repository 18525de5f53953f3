#include "query/engine/scan/table_view.h"

#include <algorithm>

namespace arc::engine {
namespace {

TimeSpan TimesOfSlice(const BatchSlice& slice) {
  const auto& batch = *slice.batch;
  if (slice.row_begin == 0 && slice.row_end == batch.row_count()) {
    return {batch.min_time, batch.max_time};
  }
  // The slice may be only a part of the batch, whose own range would be too wide.
  const auto begin = batch.times.begin();
  const auto [least, greatest] =
      std::minmax_element(begin + static_cast<std::ptrdiff_t>(slice.row_begin),
                          begin + static_cast<std::ptrdiff_t>(slice.row_end));
  return {*least, *greatest};
}

}  // namespace

std::vector<BufferGroup> GroupSlices(const std::vector<BatchSlice>& slices) {
  std::vector<BufferGroup> groups;
  for (const auto& slice : slices) {
    for (auto row = slice.row_begin; row < slice.row_end;) {
      if (groups.empty() || groups.back().row_count >= BufferGroup::kRowsTarget) {
        groups.emplace_back();
      }
      auto& group = groups.back();
      const auto rows = std::min<std::size_t>(slice.row_end - row, BufferGroup::kRowsTarget);
      group.slices.push_back({slice.batch, row, row + rows});
      group.row_count += rows;
      group.times.Include(TimesOfSlice(group.slices.back()));
      row += rows;
    }
  }
  return groups;
}

const catalog::FileSet TableView::kNoFiles;

TableView::TableView(std::shared_ptr<const RowSchema> schema,
                     std::shared_ptr<const catalog::MeasurementState> state,
                     const std::vector<BatchSlice>& slices)
    : schema_(std::move(schema)), state_(std::move(state)), groups_(GroupSlices(slices)) {
  row_count_ = files().row_count();
  times_ = {files().min_time(), files().max_time()};
  for (const auto& group : groups_) {
    row_count_ += group.row_count;
    times_.Include(group.times);
  }
}

void TableView::AddBatches(buffer::BatchSet& batches) const {
  for (const auto& group : groups_) {
    for (const auto& slice : group.slices) batches.insert(slice.batch);
  }
}

TimeSpan TableView::TimesOf(std::size_t entry) const {
  if (!IsFile(entry)) return Group(entry).times;
  const auto& file = File(entry);
  return {file.min_time, file.max_time};
}

std::uint64_t TableView::RowsOf(std::size_t entry) const {
  return IsFile(entry) ? File(entry).row_count : Group(entry).row_count;
}

}  // namespace arc::engine
