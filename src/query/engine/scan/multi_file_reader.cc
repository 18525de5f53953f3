#include "query/engine/scan/multi_file_reader.h"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "query/engine/scan/buffer_reader.h"
#include "query/engine/scan/file_list.h"

namespace arc::engine {

using duckdb::ColumnIndex;
using duckdb::MultiFileColumnDefinition;

namespace {

// Whether `asks` is true for any of the simple filters in `filter`. A dynamic filter counts with
// the value that it has now.
template <class Predicate>
bool HasFilter(const duckdb::TableFilter& filter, const Predicate& asks) {
  const auto has = [&asks](const auto& child) { return HasFilter(*child, asks); };
  switch (filter.filter_type) {
    case duckdb::TableFilterType::DYNAMIC_FILTER: {
      const auto& data = filter.Cast<duckdb::DynamicFilter>().filter_data;
      if (!data) return false;
      const std::lock_guard<duckdb::mutex> lock(data->lock);
      return data->filter && asks(*data->filter);
    }
    case duckdb::TableFilterType::CONJUNCTION_AND:
      return std::ranges::any_of(filter.Cast<duckdb::ConjunctionAndFilter>().child_filters, has);
    case duckdb::TableFilterType::CONJUNCTION_OR:
      return std::ranges::any_of(filter.Cast<duckdb::ConjunctionOrFilter>().child_filters, has);
    case duckdb::TableFilterType::OPTIONAL_FILTER: {
      const auto& child = filter.Cast<duckdb::OptionalFilter>().child_filter;
      return child && has(child);
    }
    default:
      return asks(filter);
  }
}

// Whether a filter's constants have the column's type. Those of joins and predicates do. A top-N
// filter has the type of the sort key, and DuckDB pushes it through casts of integers: ORDER BY
// v::INTEGER DESC would compare a BIGINT column with an INTEGER, byte by byte (duckdb#25158).
bool FitsColumn(const duckdb::TableFilter& filter, const duckdb::LogicalType& type) {
  return !HasFilter(filter, [&type](const duckdb::TableFilter& part) {
    return part.filter_type == duckdb::TableFilterType::CONSTANT_COMPARISON &&
           part.Cast<duckdb::ConstantFilter>().constant.type() != type;
  });
}

// The filter without its optional parts that have another type than the column; null when nothing
// is left.
duckdb::unique_ptr<duckdb::TableFilter> WithoutMisfits(const duckdb::TableFilter& filter,
                                                       const duckdb::LogicalType& type) {
  if (filter.filter_type == duckdb::TableFilterType::OPTIONAL_FILTER) {
    return FitsColumn(filter, type) ? filter.Copy() : nullptr;
  }
  if (filter.filter_type != duckdb::TableFilterType::CONJUNCTION_AND) return filter.Copy();
  auto result = duckdb::make_uniq<duckdb::ConjunctionAndFilter>();
  for (const auto& child : filter.Cast<duckdb::ConjunctionAndFilter>().child_filters) {
    auto kept = WithoutMisfits(*child, type);
    if (kept) result->child_filters.push_back(std::move(kept));
  }
  if (result->child_filters.empty()) return nullptr;
  return result;
}

bool IsZeroOrNan(const duckdb::Value& value) {
  if (value.IsNull()) return false;
  switch (value.type().id()) {
    case duckdb::LogicalTypeId::DOUBLE:
    case duckdb::LogicalTypeId::FLOAT: {
      const auto number = value.GetValue<double>();
      return number == 0 || std::isnan(number);
    }
    default:
      return false;
  }
}

// Whether the filter looks for a number that has several bit patterns: 0 and -0, or NaN. A Bloom
// filter in the file knows only one of the patterns (duckdb#23921).
bool AsksForManyPatterns(const duckdb::TableFilter& filter) {
  return HasFilter(filter, [](const duckdb::TableFilter& part) {
    if (part.filter_type == duckdb::TableFilterType::IN_FILTER) {
      return std::ranges::any_of(part.Cast<duckdb::InFilter>().values, IsZeroOrNan);
    }
    if (part.filter_type != duckdb::TableFilterType::CONSTANT_COMPARISON) return false;
    const auto& comparison = part.Cast<duckdb::ConstantFilter>();
    return comparison.comparison_type == duckdb::ExpressionType::COMPARE_EQUAL &&
           IsZeroOrNan(comparison.constant);
  });
}

// A filter that gives right answers on this file; null when the filter can be left out. When the
// file's column has another type, DuckDB casts the constant of the filter: v > 2.6 on a BIGINT file
// becomes v > 3, v = 2.5 becomes v = 2, and row groups are skipped wrongly. An expression is not
// cast in this way: DuckDB casts the column first, and skips no row group.
duckdb::unique_ptr<duckdb::TableFilter> SafeFilter(
    const duckdb::TableFilter& filter, const duckdb::BaseFileReader& reader,
    const duckdb::vector<MultiFileColumnDefinition>& table_columns, const ColumnIndex& column) {
  if (column.IsVirtualColumn()) return filter.Copy();
  const auto& wanted = table_columns[column.GetPrimaryIndex()];
  auto fitting = WithoutMisfits(filter, wanted.type);
  if (!fitting) return nullptr;
  for (const auto& present : reader.columns) {
    if (!duckdb::StringUtil::CIEquals(present.name, wanted.name)) continue;
    if (present.type == wanted.type && !AsksForManyPatterns(*fitting)) break;
    if (fitting->filter_type == duckdb::TableFilterType::OPTIONAL_FILTER) return nullptr;
    const duckdb::BoundReferenceExpression cast_column(wanted.type, 0U);
    return duckdb::make_uniq<duckdb::ExpressionFilter>(fitting->ToExpression(cast_column));
  }
  return fitting;
}

}  // namespace

duckdb::unique_ptr<duckdb::MultiFileReader> SnapshotReader::Make(
    const duckdb::TableFunction& function) {
  if (!function.function_info) {
    throw duckdb::BinderException("this function is internal: select from the measurement");
  }
  return duckdb::make_uniq<SnapshotReader>(
      duckdb::shared_ptr_cast<duckdb::TableFunctionInfo, ScanInfo>(function.function_info));
}

duckdb::unique_ptr<duckdb::MultiFileReader> SnapshotReader::Copy() const {
  return duckdb::make_uniq<SnapshotReader>(info_);
}

duckdb::shared_ptr<duckdb::MultiFileList> SnapshotReader::CreateFileList(
    duckdb::ClientContext&, const duckdb::vector<std::string>&, const duckdb::FileGlobInput&) {
  return duckdb::make_shared_ptr<SnapshotFileList>(info_->table, info_->file_prefix);
}

// The schema is the measurement's; files are mapped to it by column name, absent columns are NULL.
bool SnapshotReader::Bind(duckdb::MultiFileOptions&, duckdb::MultiFileList&,
                          duckdb::vector<duckdb::LogicalType>& return_types,
                          duckdb::vector<std::string>& names,
                          duckdb::MultiFileReaderBindData& bind_data) {
  bind_data.schema = ColumnsOf(info_->table->schema());
  for (auto& column : bind_data.schema) {
    column.default_expression =
        duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value(column.type));
    names.push_back(column.name);
    return_types.push_back(column.type);
  }
  bind_data.mapping = duckdb::MultiFileColumnMappingMode::BY_NAME;
  return true;
}

duckdb::shared_ptr<duckdb::BaseFileReader> SnapshotReader::CreateReader(
    duckdb::ClientContext& context, duckdb::GlobalTableFunctionState& global_state,
    const duckdb::OpenFileInfo& file, duckdb::idx_t file_index,
    const duckdb::MultiFileBindData& bind_data) {
  const auto entry = EntryOf(file);
  const auto& table = *info_->table;
  if (table.IsFile(entry)) {
    info_->files_opened->Add();
    return MultiFileReader::CreateReader(context, global_state, file, file_index, bind_data);
  }
  return duckdb::make_shared_ptr<BufferReader>(file, table, table.Group(entry));
}

// Late materialization scans twice and joins the two scans by (file index, row number). They skip
// different entries, so the positions in their lists would pair rows of different files. The number
// of an entry is the same in both.
duckdb::ReaderInitializeType SnapshotReader::InitializeReader(
    duckdb::MultiFileReaderData& reader_data, const duckdb::MultiFileBindData& bind_data,
    const duckdb::vector<MultiFileColumnDefinition>& table_columns,
    const duckdb::vector<ColumnIndex>& column_ids,
    duckdb::optional_ptr<duckdb::TableFilterSet> filters, duckdb::ClientContext& context,
    duckdb::MultiFileGlobalState& global_state) {
  reader_data.reader->file_list_idx = EntryOf(reader_data.reader->file);
  return MultiFileReader::InitializeReader(reader_data, bind_data, table_columns, column_ids,
                                           filters, context, global_state);
}

duckdb::ReaderInitializeType SnapshotReader::CreateMapping(
    duckdb::ClientContext& context, duckdb::MultiFileReaderData& reader_data,
    const duckdb::vector<MultiFileColumnDefinition>& table_columns,
    const duckdb::vector<ColumnIndex>& column_ids,
    duckdb::optional_ptr<duckdb::TableFilterSet> filters, duckdb::MultiFileList& files,
    const duckdb::MultiFileReaderBindData& bind_data,
    const duckdb::virtual_column_map_t& virtual_columns) {
  duckdb::TableFilterSet safe;
  if (filters) {
    for (const auto& [index, filter] : filters->filters) {
      auto moved = SafeFilter(*filter, *reader_data.reader, table_columns, column_ids[index]);
      if (moved) safe.filters[index] = std::move(moved);
    }
  }
  return MultiFileReader::CreateMapping(context, reader_data, table_columns, column_ids, &safe,
                                        files, bind_data, virtual_columns);
}

}  // namespace arc::engine
