#include "query/format/csv_format.h"

#include <cmath>

#include "query/format/json_value.h"

namespace arc::format {
namespace {

using engine::ResultColumn;
using engine::ResultKind;

void AppendField(TextBuffer& out, std::string_view text) {
  const bool is_plain = !text.empty() && text.find_first_of("\",\r\n") == std::string_view::npos &&
                        text.front() != ' ' && text.back() != ' ';
  if (is_plain) return out.Append(text);
  out.Append('"');
  for (const char c : text) {
    if (c == '"') out.Append('"');
    out.Append(c);
  }
  out.Append('"');
}

// NaN and infinities, written as DuckDB does.
bool AppendSpecialFloat(TextBuffer& out, double value) {
  if (std::isfinite(value)) return false;
  out.Append(std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
  return true;
}

void AppendValue(TextBuffer& out, const ResultColumn& column, std::size_t row) {
  switch (column.kind) {
    case ResultKind::kText:
      return AppendField(out, column.Text(row));
    case ResultKind::kFloat:
      if (AppendSpecialFloat(out, column.As<float>()[row])) return;
      break;
    case ResultKind::kDouble:
      if (AppendSpecialFloat(out, column.As<double>()[row])) return;
      break;
    case ResultKind::kTimestampMicros:
    case ResultKind::kLocalMicros:
    case ResultKind::kLocalNanos:
    case ResultKind::kDate:
      return AppendBareTime(out, column, row);
    default:
      break;
  }
  AppendJsonValue(out, column, row, BigIntegers::kNumbers);
}

}  // namespace

Result<void> CsvFormat::Begin(std::string& out,
                              const std::vector<engine::ResultColumnInfo>& columns) {
  TextBuffer buffer(out);
  for (const auto& column : columns) {
    if (&column != &columns.front()) buffer.Append(',');
    AppendField(buffer, column.name);
  }
  buffer.Append('\n');
  return {};
}

Result<void> CsvFormat::Rows(std::string& out, const engine::ResultChunk& chunk) {
  TextBuffer buffer(out);
  for (std::size_t row = 0; row < chunk.row_count; row++) {
    for (const auto& column : chunk.columns) {
      if (&column != &chunk.columns.front()) buffer.Append(',');
      if (column.IsValid(row)) AppendValue(buffer, column, row);
    }
    buffer.Append('\n');
  }
  return {};
}

}  // namespace arc::format
