// What one query sees of one measurement: a numbered list of entries, first the files of the
// pinned catalog snapshot, then the buffered rows in groups, as if each were a file. Knows nothing
// of DuckDB.

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

// The range of times. Exact, because min(time) and max(time) are answered from it. No rows when
// min > max.
struct TimeSpan {
  std::int64_t min = INT64_MAX;
  std::int64_t max = INT64_MIN;

  void Include(const TimeSpan& other) {
    if (other.min < min) min = other.min;
    if (other.max > max) max = other.max;
  }
};

// Slices of batches that one thread scans, as if they were a file.
struct BufferGroup {
  // As many as in a Parquet row group: enough to be worth a thread, few enough to share the work.
  static constexpr std::size_t kRowsTarget = 122'880;

  std::vector<BatchSlice> slices;
  std::uint64_t row_count = 0;
  TimeSpan times;
};

// Puts slices into groups of about kRowsTarget rows; a larger slice is cut.
std::vector<BufferGroup> GroupSlices(const std::vector<BatchSlice>& slices);

// Threads: immutable, read from anywhere.
class TableView {
 public:
  // `state` is null for a measurement that is not in the catalog yet. `schema` has the columns of
  // all files and slices.
  TableView(std::shared_ptr<const RowSchema> schema,
            std::shared_ptr<const catalog::MeasurementState> state,
            const std::vector<BatchSlice>& slices);

  const RowSchema& schema() const { return *schema_; }
  // The files, in order of min_time: entries [0, files().size()).
  const catalog::FileSet& files() const { return state_ ? state_->files : kNoFiles; }

  std::size_t entry_count() const { return files().size() + groups_.size(); }
  bool IsFile(std::size_t entry) const { return entry < files().size(); }
  const catalog::FileEntry& File(std::size_t entry) const { return files()[entry]; }
  const BufferGroup& Group(std::size_t entry) const { return groups_[entry - files().size()]; }
  TimeSpan TimesOf(std::size_t entry) const;
  std::uint64_t RowsOf(std::size_t entry) const;

  // Adds the batches of all groups to `batches`.
  void AddBatches(buffer::BatchSet& batches) const;

  // Of all entries.
  std::uint64_t row_count() const { return row_count_; }
  const TimeSpan& times() const { return times_; }

 private:
  static const catalog::FileSet kNoFiles;

  const std::shared_ptr<const RowSchema> schema_;
  const std::shared_ptr<const catalog::MeasurementState> state_;
  const std::vector<BufferGroup> groups_;
  std::uint64_t row_count_ = 0;
  TimeSpan times_;
};

}  // namespace arc::engine
