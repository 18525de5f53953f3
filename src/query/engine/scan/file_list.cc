#include "query/engine/scan/file_list.h"

#include <algorithm>

#include "query/engine/scan/snapshot_file_system.h"

namespace arc::engine {

namespace {

constexpr const char* kEntryOption = "arc_entry";
constexpr const char* kTime = "time";

}  // namespace

std::size_t EntryOf(const duckdb::OpenFileInfo& file) {
  return file.extended_info->options.at(kEntryOption).GetValue<std::uint64_t>();
}

// Decides for each entry, and for each block of entries, whether a filter leaves it.
class SnapshotFileList::Selection {
 public:
  Selection(const duckdb::TableFilter* filter, const TimeRange& entries)
      : filter_(filter), entries_(entries), range_(filter ? RangeOf(*filter) : TimeRange()) {}

  bool KeepsAll(const TableView& table) const {
    const TimeSpan numbers{0, static_cast<std::int64_t>(table.entry_count())};
    return range_.Covers(table.times()) && entries_.Covers(numbers) && !range_.has_gaps &&
           !entries_.has_gaps;
  }
  bool MayHold(const TimeSpan& span) const {
    if (!range_.Overlaps(span)) return false;
    if (!range_.has_gaps) return true;
    // This takes a quarter of a microsecond, so only when the range alone cannot decide.
    auto statistics = TimeStatistics(span);
    return filter_->CheckStatistics(statistics) !=
           duckdb::FilterPropagateResult::FILTER_ALWAYS_FALSE;
  }
  void Offer(std::size_t entry, const TimeSpan& span) {
    const auto number = static_cast<std::int64_t>(entry);
    if (!entries_.Overlaps({number, number}) || !MayHold(span)) return;
    kept_.push_back(static_cast<std::uint32_t>(entry));
  }
  std::vector<std::uint32_t> TakeKept() && { return std::move(kept_); }

 private:
  const duckdb::TableFilter* const filter_;
  const TimeRange entries_;
  const TimeRange range_;
  std::vector<std::uint32_t> kept_;
};

SnapshotFileList::SnapshotFileList(std::shared_ptr<const TableView> table, std::string file_prefix)
    : table_(std::move(table)),
      file_prefix_(std::move(file_prefix)),
      row_count_(table_->row_count()),
      times_(table_->times()) {}

duckdb::idx_t SnapshotFileList::GetTotalFileCount() const {
  return is_pruned_ ? kept_.size() : table_->entry_count();
}

// Never SINGLE_FILE: parquet_scan would then use one thread, because our Bind() does not open the
// file and so does not know its row groups.
duckdb::FileExpandResult SnapshotFileList::GetExpandResult() const {
  return GetTotalFileCount() == 0 ? duckdb::FileExpandResult::NO_FILES
                                  : duckdb::FileExpandResult::MULTIPLE_FILES;
}

// O(files). No query calls it; its paths must not reach clients.
duckdb::vector<duckdb::OpenFileInfo> SnapshotFileList::GetAllFiles() const {
  duckdb::vector<duckdb::OpenFileInfo> files;
  for (duckdb::idx_t i = 0; i < GetTotalFileCount(); i++) files.push_back(GetFile(i));
  return files;
}

duckdb::unique_ptr<duckdb::MultiFileList> SnapshotFileList::Copy() const {
  return duckdb::make_uniq<SnapshotFileList>(*this);
}

duckdb::unique_ptr<duckdb::NodeStatistics> SnapshotFileList::GetCardinality(
    duckdb::ClientContext&) const {
  return duckdb::make_uniq<duckdb::NodeStatistics>(row_count_, row_count_);
}

// The optimizer calls it with the conditions on this scan; constants, also now(), are folded
// already.
duckdb::unique_ptr<duckdb::MultiFileList> SnapshotFileList::ComplexFilterPushdown(
    duckdb::ClientContext& context, const duckdb::MultiFileOptions&,
    duckdb::MultiFilePushdownInfo& info,
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters) const {
  duckdb::FilterCombiner combiner(context);
  for (const auto& filter : filters) combiner.AddFilter(filter->Copy());
  duckdb::vector<duckdb::FilterPushdownResult> results;
  const auto filter_set = combiner.GenerateTableScanFilters(info.column_indexes, results);
  for (const auto& [column, filter] : filter_set.filters) {
    if (column < info.column_names.size() && info.column_names[column] == kTime) {
      return Prune(filter.get(), TimeRange());
    }
  }
  return nullptr;
}

// Called when the scan starts, with what only execution knows: the smallest and greatest join key
// of the other side; in the second scan of a late-materialized top-N, the entries with the chosen
// rows.
duckdb::unique_ptr<duckdb::MultiFileList> SnapshotFileList::DynamicFilterPushdown(
    duckdb::ClientContext&, const duckdb::MultiFileOptions&,
    const duckdb::vector<std::string>& names, const duckdb::vector<duckdb::LogicalType>&,
    const duckdb::vector<duckdb::column_t>& column_ids, duckdb::TableFilterSet& filters) const {
  const duckdb::TableFilter* time_filter = nullptr;
  TimeRange entries;
  for (const auto& [index, filter] : filters.filters) {
    const auto column = column_ids[index];
    if (column == duckdb::MultiFileReader::COLUMN_IDENTIFIER_FILE_INDEX) {
      entries = Intersect(entries, RangeOf(*filter));
    }
    if (column < names.size() && names[column] == kTime) time_filter = filter.get();
  }
  auto result = Prune(time_filter, entries);
  if (!result) result = duckdb::make_uniq<SnapshotFileList>(*this);
  result->moving_filter_ = time_filter;
  return result;
}

// DuckDB asks for 0, 1, 2, ..., each just before the file is opened. The moving filter is read
// again each time.
duckdb::OpenFileInfo SnapshotFileList::GetFile(duckdb::idx_t position) const {
  const auto count = GetTotalFileCount();
  for (;; passed_over_++) {
    const auto place = position + passed_over_;
    if (place >= count) return duckdb::OpenFileInfo();
    const auto index = newest_first_ ? count - 1 - place : place;
    const std::size_t entry = is_pruned_ ? kept_[index] : index;
    if (moving_filter_ && !RangeOf(*moving_filter_).Overlaps(table_->TimesOf(entry))) continue;
    auto info = InfoOf(entry);
    // An entry's position differs from list to list, its number does not.
    info.extended_info->options[kEntryOption] = duckdb::Value::UBIGINT(entry);
    return info;
  }
}

duckdb::OpenFileInfo SnapshotFileList::InfoOf(std::size_t entry) const {
  if (table_->IsFile(entry)) return FileInfoOf(file_prefix_, table_->File(entry));
  duckdb::OpenFileInfo info("buffer:" + std::to_string(entry));
  info.extended_info = duckdb::make_shared_ptr<duckdb::ExtendedOpenFileInfo>();
  return info;
}

duckdb::unique_ptr<SnapshotFileList> SnapshotFileList::Prune(const duckdb::TableFilter* filter,
                                                             const TimeRange& entries) const {
  Selection selection(filter, entries);
  if (selection.KeepsAll(*table_)) return nullptr;
  if (is_pruned_) {
    for (const auto entry : kept_) selection.Offer(entry, table_->TimesOf(entry));
  } else {
    for (const auto& [first_index, block] : table_->files().blocks()) {
      if (!selection.MayHold({block->min_time, block->max_time})) continue;
      for (std::size_t i = 0; i < block->files.size(); i++) {
        const auto& file = *block->files[i];
        selection.Offer(first_index + i, {file.min_time, file.max_time});
      }
    }
    for (auto entry = table_->files().size(); entry < table_->entry_count(); entry++) {
      selection.Offer(entry, table_->TimesOf(entry));
    }
  }
  auto kept = std::move(selection).TakeKept();
  if (kept.size() == GetTotalFileCount()) return nullptr;
  auto result = duckdb::make_uniq<SnapshotFileList>(*this);
  result->Keep(std::move(kept));
  return result;
}

void SnapshotFileList::Keep(std::vector<std::uint32_t> kept) {
  is_pruned_ = true;
  kept_ = std::move(kept);
  row_count_ = 0;
  times_ = TimeSpan();
  for (const auto entry : kept_) {
    row_count_ += table_->RowsOf(entry);
    times_.Include(table_->TimesOf(entry));
  }
}

}  // namespace arc::engine
