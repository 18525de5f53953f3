#include "data/encoding/file_footer.h"

#include <arrow/util/key_value_metadata.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "data/encoding/file_range.h"
#include "foundation/text/parse_number.h"

namespace arc::encoding {
namespace {

Error NotOurs(const std::string& path, const char* what) {
  return {ErrorCode::kUnprocessable, "not a data file of this server", path + ": " + what};
}

std::optional<std::string> TextOf(const parquet::FileMetaData& footer, const char* key) {
  const auto labels = footer.key_value_metadata();
  if (labels == nullptr) return std::nullopt;
  const auto value = labels->Get(key);
  if (!value.ok()) return std::nullopt;
  return value.ValueUnsafe();
}

std::optional<std::uint64_t> NumberOf(const parquet::FileMetaData& footer, const char* key) {
  const auto text = TextOf(footer, key);
  return text ? ParseNumber<std::uint64_t>(*text) : std::nullopt;
}

// The range of the first column, which is the time.
std::optional<std::pair<std::int64_t, std::int64_t>> TimesOf(const parquet::FileMetaData& footer) {
  std::optional<std::pair<std::int64_t, std::int64_t>> times;
  for (int i = 0; i < footer.num_row_groups(); i++) {
    const auto column = footer.RowGroup(i)->ColumnChunk(0);
    const auto statistics =
        std::dynamic_pointer_cast<parquet::Int64Statistics>(column->statistics());
    if (!statistics || !statistics->HasMinMax()) return std::nullopt;
    if (!times) times.emplace(statistics->min(), statistics->max());
    times->first = std::min(times->first, statistics->min());
    times->second = std::max(times->second, statistics->max());
  }
  return times;
}

// Reads a text like "2/3". Any other text is ignored.
void ReadPart(const std::string& text, FileFooter& footer) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return;
  const auto part = ParseNumber<std::uint32_t>(text.substr(0, slash));
  const auto count = ParseNumber<std::uint32_t>(text.substr(slash + 1));
  if (!part || !count || *part == 0 || *part > *count) return;
  footer.part = *part;
  footer.part_count = *count;
}

// Splits names that are joined with commas; the names have no commas themselves.
std::vector<std::string> SplitNames(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    names.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return names;
}

Result<FileFooter> FooterOf(const parquet::FileMetaData& metadata, const std::string& path) {
  const auto id = NumberOf(metadata, "arc:measurement_id");
  const auto min_lsn = NumberOf(metadata, "arc:min_lsn");
  const auto max_lsn = NumberOf(metadata, "arc:max_lsn");
  const auto times = TimesOf(metadata);
  if (!id || *id == 0 || !min_lsn || !max_lsn || *min_lsn > *max_lsn) {
    return NotOurs(path, "its footer has not what this server writes");
  }
  if (!times || metadata.num_rows() <= 0) return NotOurs(path, "its times are not known");
  FileFooter footer;
  footer.measurement_id = MeasurementId{*id};
  footer.min_lsn = Lsn{*min_lsn};
  footer.max_lsn = Lsn{*max_lsn};
  footer.min_time = times->first;
  footer.max_time = times->second;
  footer.row_count = static_cast<std::uint64_t>(metadata.num_rows());
  ReadPart(TextOf(metadata, "arc:part").value_or(""), footer);
  footer.replaces = SplitNames(TextOf(metadata, "arc:replaces").value_or(""));
  return footer;
}

}  // namespace

Result<FileFooter> ReadFileFooter(fs::FileSystem& file_system, const std::string& path,
                                  std::uint64_t byte_count) {
  const auto range = TRY(FileRange::Open(file_system, path, 0, byte_count));
  try {
    return FooterOf(*parquet::ParquetFileReader::Open(range.stream())->metadata(), path);
  } catch (const std::exception& exception) {
    return range.ErrorOf(exception.what());
  }
}

}  // namespace arc::encoding
