// Which entries (files and groups of buffered rows) of a measurement a scan must read, as DuckDB's
// MultiFileList.
//
// Entries are skipped by their exact time ranges, at three moments:
//   1. ComplexFilterPushdown, while the query is planned: by the filters on `time`, with constants
//      folded.
//   2. DynamicFilterPushdown, when the scan starts: by the range of join keys that the other side
//      of a join has, and by the entries that a top-N needs again.
//   3. GetFile, just before each entry is opened: by the bound of ORDER BY time LIMIT n, which
//      moves while the query runs. With the newest entries first, most old files are never opened.
// Each step makes a new list; a list never changes once a scan uses it, except that GetFile counts
// what it skips. Skipping never changes an answer: an entry that may hold a wanted row is kept.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "query/engine/duckdb/duckdb_api.h"
#include "query/engine/scan/table_view.h"
#include "query/engine/scan/time_range.h"

namespace arc::engine {

// The number of the entry in its TableView, carried through DuckDB's file names.
std::size_t EntryOf(const duckdb::OpenFileInfo& file);

// Threads: GetFile is called under the scan's lock; everything else by one thread, while planning.
class SnapshotFileList : public duckdb::MultiFileList {
 public:
  SnapshotFileList(std::shared_ptr<const TableView> table, std::string file_prefix);

  const TableView& table() const { return *table_; }
  // Of the entries that are left. Exact.
  std::uint64_t row_count() const { return row_count_; }
  const TimeSpan& times() const { return times_; }
  bool is_pruned() const { return is_pruned_; }

  // For ORDER BY time DESC: the bound moves fastest when the newest entries come first.
  void ScanNewestFirst() { newest_first_ = true; }
  // Skips all entries.
  void Clear() { Keep({}); }

  duckdb::idx_t GetTotalFileCount() const override;
  duckdb::FileExpandResult GetExpandResult() const override;
  duckdb::vector<duckdb::OpenFileInfo> GetAllFiles() const override;
  duckdb::unique_ptr<duckdb::MultiFileList> Copy() const override;
  duckdb::unique_ptr<duckdb::NodeStatistics> GetCardinality(
      duckdb::ClientContext& context) const override;

  duckdb::unique_ptr<duckdb::MultiFileList> ComplexFilterPushdown(
      duckdb::ClientContext& context, const duckdb::MultiFileOptions& options,
      duckdb::MultiFilePushdownInfo& info,
      duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters) const override;
  duckdb::unique_ptr<duckdb::MultiFileList> DynamicFilterPushdown(
      duckdb::ClientContext& context, const duckdb::MultiFileOptions& options,
      const duckdb::vector<std::string>& names, const duckdb::vector<duckdb::LogicalType>& types,
      const duckdb::vector<duckdb::column_t>& column_ids,
      duckdb::TableFilterSet& filters) const override;

 protected:
  duckdb::OpenFileInfo GetFile(duckdb::idx_t position) const override;

 private:
  class Selection;

  // The list without the entries that `filter` (on time, may be null) or `entries` (on their
  // numbers) exclude; null when no entry is excluded.
  duckdb::unique_ptr<SnapshotFileList> Prune(const duckdb::TableFilter* filter,
                                             const TimeRange& entries) const;
  void Keep(std::vector<std::uint32_t> kept);
  // What DuckDB must open for the entry, without the entry's number.
  duckdb::OpenFileInfo InfoOf(std::size_t entry) const;

  std::shared_ptr<const TableView> table_;
  std::string file_prefix_;
  bool newest_first_ = false;
  bool is_pruned_ = false;
  std::vector<std::uint32_t> kept_;  // rising entry numbers; unused unless is_pruned_
  std::uint64_t row_count_;
  TimeSpan times_;
  // Belongs to the scan operator, which outlives this list. Null: no filter on time.
  const duckdb::TableFilter* moving_filter_ = nullptr;
  mutable std::size_t passed_over_ = 0;  // entries that GetFile skipped by moving_filter_
};

}  // namespace arc::engine
