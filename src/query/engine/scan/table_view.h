// What one query sees of one measurement: a numbered list of entries, first the files of the
// pinned catalog snapshot, then the rows in memory as virtual files. Knows nothing of DuckDB.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "data/buffer/live_measurement.h"
#include "data/catalog/snapshot.h"
#include "foundation/model/names.h"
#include "foundation/model/schema.h"

namespace arc::engine {

// Exact: min(time) and max(time) are answered from it. Empty (no rows) when min > max.
struct TimeSpan {
  std::int64_t min = INT64_MAX;
  std::int64_t max = INT64_MIN;

  void Include(const TimeSpan& other) {
    if (other.min < min) min = other.min;
    if (other.max > max) max = other.max;
  }
};

// Some slices of batches that are scanned by one thread, as if they were a file.
struct BufferGroup {
  // Enough rows to be worth a thread's while, few enough to share out: as a Parquet row group.
  static constexpr std::size_t kRowsTarget = 122'880;

  std::vector<BatchSlice> slices;
  std::uint64_t row_count = 0;
  TimeSpan times;
};

// Slices in groups of about kRowsTarget rows; a larger slice is cut.
std::vector<BufferGroup> GroupSlices(const std::vector<BatchSlice>& slices);

// Threads: immutable, read from anywhere.
class TableView {
 public:
  // `state` is null for a measurement that the catalog does not hold yet. `schema` covers the
  // columns of all files and slices.
  TableView(std::shared_ptr<const TableSchema> schema,
            std::shared_ptr<const catalog::MeasurementState> state,
            const std::vector<BatchSlice>& slices);

  const TableSchema& schema() const { return *schema_; }
  // The files, in order of min_time: entries [0, files().size()).
  const catalog::FileSet& files() const { return state_ ? state_->files : kNoFiles; }

  std::size_t entry_count() const { return files().size() + groups_.size(); }
  bool IsFile(std::size_t entry) const { return entry < files().size(); }
  const catalog::FileEntry& File(std::size_t entry) const { return files()[entry]; }
  const BufferGroup& Group(std::size_t entry) const { return groups_[entry - files().size()]; }
  TimeSpan TimesOf(std::size_t entry) const;
  std::uint64_t RowsOf(std::size_t entry) const;

  // The batches of all groups; adds them to `batches`.
  void AddBatches(buffer::BatchSet& batches) const;

  // Over all entries.
  std::uint64_t row_count() const { return row_count_; }
  const TimeSpan& times() const { return times_; }

 private:
  static const catalog::FileSet kNoFiles;

  const std::shared_ptr<const TableSchema> schema_;
  const std::shared_ptr<const catalog::MeasurementState> state_;
  const std::vector<BufferGroup> groups_;
  std::uint64_t row_count_ = 0;
  TimeSpan times_;
};

}  // namespace arc::engine
