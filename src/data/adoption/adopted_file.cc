#include "data/adoption/adopted_file.h"

#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/types.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "data/encoding/file_range.h"
#include "data/encoding/parquet_reader.h"
#include "data/encoding/time_column.h"
#include "data/files/file_checksum.h"
#include "data/integrity/file_checks.h"
#include "foundation/text/utf8.h"

namespace arc::adoption {
namespace {

constexpr const char* kTimeColumn = "time";

using Footer = std::shared_ptr<parquet::FileMetaData>;

Error Unfit(std::string message) { return {ErrorCode::kUnprocessable, std::move(message)}; }

Result<Footer> ReadFooter(fs::FileSystem& file_system, const std::string& path) {
  const auto byte_count = TRY(file_system.Open(path))->byte_count();
  const auto range = TRY(encoding::FileRange::Open(file_system, path, 0, byte_count));
  try {
    return parquet::ParquetFileReader::Open(range.stream())->metadata();
  } catch (const std::exception& exception) {
    return range.ErrorOf(exception.what());
  }
}

// The names in `arc:tags`: joined with ','. A ',' or '\' in a name has a '\' before it.
std::set<std::string> TagsOf(const parquet::FileMetaData& footer) {
  const auto labels = footer.key_value_metadata();
  const auto joined = labels ? labels->Get("arc:tags") : arrow::Status::KeyError("none");
  std::set<std::string> tags;
  if (!joined.ok()) return tags;
  std::string name;
  const auto& text = joined.ValueUnsafe();
  for (std::size_t i = 0; i < text.size(); i++) {
    if (text[i] == ',') {
      tags.insert(std::exchange(name, {}));
      continue;
    }
    if (text[i] == '\\' && i + 1 < text.size()) i++;
    name += text[i];
  }
  tags.insert(name);
  return tags;
}

bool IsTimestamp(const parquet::ColumnDescriptor& column) {
  return column.physical_type() == parquet::Type::INT64 && column.logical_type()->is_timestamp();
}

// The type of a column that queries can read in place; nothing for every other type.
std::optional<ColumnType> TypeOf(const parquet::ColumnDescriptor& column) {
  const auto& logical = *column.logical_type();
  if (logical.is_null()) return ColumnType::kNull;
  if (logical.is_decimal()) return ColumnType::kDouble;
  const bool is_plain = logical.is_none();
  switch (column.physical_type()) {
    case parquet::Type::BOOLEAN:
      return is_plain ? std::optional(ColumnType::kBool) : std::nullopt;
    case parquet::Type::INT32:
    case parquet::Type::INT64: {
      if (is_plain) return ColumnType::kInt64;
      if (!logical.is_int()) return std::nullopt;
      const auto& integer = static_cast<const parquet::IntLogicalType&>(logical);
      const bool fits = integer.is_signed() || integer.bit_width() < 64;
      return fits ? std::optional(ColumnType::kInt64) : std::nullopt;
    }
    case parquet::Type::FLOAT:
    case parquet::Type::DOUBLE:
      return is_plain ? std::optional(ColumnType::kDouble) : std::nullopt;
    case parquet::Type::BYTE_ARRAY:
      return logical.is_string() ? std::optional(ColumnType::kString) : std::nullopt;
    default:
      return std::nullopt;
  }
}

std::string TypeName(const parquet::ColumnDescriptor& column) {
  auto name = parquet::TypeToString(column.physical_type());
  if (column.logical_type()->is_none()) return name;
  return fmt::format("{} ({})", name, column.logical_type()->ToString());
}

Result<std::vector<SchemaColumn>> ColumnsOf(const parquet::FileMetaData& footer) {
  const auto& schema = *footer.schema();
  const auto tags = TagsOf(footer);
  std::vector<std::string> names;
  std::vector<SchemaColumn> columns;
  for (int i = 0; i < schema.num_columns(); i++) {
    const auto& column = *schema.Column(i);
    names.push_back(column.name());
    if (column.max_repetition_level() > 0 || column.path()->ToDotVector().size() > 1) {
      return Unfit(fmt::format("column \"{}\" is nested", column.path()->ToDotString()));
    }
    if (!IsUtf8(column.name())) return Unfit("the name of a column is not UTF-8");
  }
  const auto time_index = static_cast<int>(TRY(encoding::FindTimeColumn(names, kTimeColumn)));
  for (int i = 0; i < schema.num_columns(); i++) {
    const auto& column = *schema.Column(i);
    const auto type = i == time_index ? std::nullopt : TypeOf(column);
    if (i == time_index ? !IsTimestamp(column) : !type) {
      return Unfit(fmt::format(
          "column \"{}\" is {}, which cannot be read in place: import the file with `arc import`",
          column.name(), TypeName(column)));
    }
    const auto role = tags.contains(column.name()) ? ColumnRole::kTag : ColumnRole::kField;
    if (i != time_index) columns.push_back({column.name(), *type, role});
  }
  return columns;
}

Result<void> CheckTexts(const ColumnBatch& batch) {
  for (const auto& column : batch.columns) {
    const auto* texts = std::get_if<StringValues>(&column.values);
    if (texts == nullptr) continue;
    for (std::size_t row = 0; row < batch.row_count(); row++) {
      if (!IsUtf8((*texts)[row])) {
        return Unfit(fmt::format("column \"{}\" holds a text that is not UTF-8", column.name));
      }
    }
  }
  return {};
}

// The engine rounds nanoseconds towards 1970, so before 1970 a range in microseconds is not exact.
Result<void> CheckRounding(const parquet::FileMetaData& footer, std::int64_t min_time) {
  if (min_time >= 0) return {};
  const auto& schema = *footer.schema();
  for (int i = 0; i < schema.num_columns(); i++) {
    const auto& column = *schema.Column(i);
    if (!column.logical_type()->is_timestamp()) continue;
    const auto& timestamp =
        static_cast<const parquet::TimestampLogicalType&>(*column.logical_type());
    if (timestamp.time_unit() != parquet::LogicalType::TimeUnit::NANOS) continue;
    return Unfit(
        "times before 1970 in nanoseconds cannot be read in place: import the file with "
        "`arc import`");
  }
  return {};
}

}  // namespace

Result<std::vector<SchemaColumn>> ReadAdoptedColumns(fs::FileSystem& file_system,
                                                     const std::string& path) {
  const auto footer = TRY(ReadFooter(file_system, path));
  return ColumnsOf(*footer);
}

Result<catalog::FileEntry> ReadAdoptedRows(fs::FileSystem& file_system, const std::string& path) {
  catalog::FileEntry entry;
  const auto file = TRY(file_system.Open(path));
  entry.byte_count = file->byte_count();
  const auto checksum = TRY(files::ChecksumOf(*file));
  if (!checksum) return Unfit("the file became shorter while it was read");
  entry.checksum = *checksum;
  TRY(integrity::SumFooter(*file, entry));
  auto range = TRY(encoding::FileRange::Open(file_system, path, 0, entry.byte_count));
  const auto reader = TRY(encoding::ParquetReader::Open(
      std::move(range),
      {.time_column = kTimeColumn, .reader_of_values = encoding::ValueReader::kEngine}));
  const auto on_bad_time = [&](std::size_t row, const std::string& reason) -> Result<void> {
    return Unfit(fmt::format("row {}: {}", entry.row_count + row + 1, reason));
  };
  std::optional<std::int64_t> last;
  bool is_sorted = true;
  while (TRY(reader->NextRowCount()) > 0) {
    const auto batch = TRY(reader->TakeRows(on_bad_time));
    TRY(CheckTexts(batch));
    is_sorted =
        is_sorted && (!last || *last <= batch.times.front()) && std::ranges::is_sorted(batch.times);
    entry.min_time = last ? std::min(entry.min_time, batch.min_time) : batch.min_time;
    entry.max_time = last ? std::max(entry.max_time, batch.max_time) : batch.max_time;
    entry.row_count += batch.row_count();
    last = batch.times.back();
  }
  if (entry.row_count == 0) return Unfit("the file has no rows");
  entry.sort_order = is_sorted ? catalog::SortOrder::kTime : catalog::SortOrder::kNone;
  const auto footer = TRY(ReadFooter(file_system, path));
  TRY(CheckRounding(*footer, entry.min_time));
  return entry;
}

}  // namespace arc::adoption
