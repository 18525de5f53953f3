#include "format/csv_format.h"

#include <cmath>

#include "format/json_value.h"

namespace arc::format {
namespace {

using engine::ResultColumn;
using engine::ResultKind;

void AppendField(std::string& out, std::string_view text) {
  const bool is_plain = !text.empty() && text.find_first_of("\",\r\n") == std::string_view::npos &&
                        text.front() != ' ' && text.back() != ' ';
  if (is_plain) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

// What JSON has no word for, as DuckDB writes it.
bool AppendSpecialFloat(std::string& out, double value) {
  if (std::isfinite(value)) return false;
  out += std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
  return true;
}

}  // namespace

Result<void> CsvFormat::Begin(std::string& out,
                              const std::vector<engine::ResultColumnInfo>& columns) {
  for (const auto& column : columns) {
    if (&column != &columns.front()) out += ',';
    AppendField(out, column.name);
  }
  out += '\n';
  return {};
}

Result<void> CsvFormat::Rows(std::string& out, const engine::ResultChunk& chunk) {
  for (std::size_t row = 0; row < chunk.row_count; row++) {
    for (const auto& column : chunk.columns) {
      if (&column != &chunk.columns.front()) out += ',';
      if (!column.IsValid(row)) continue;
      switch (column.kind) {
        case ResultKind::kText:
          AppendField(out, column.Text(row));
          break;
        case ResultKind::kFloat:
          if (AppendSpecialFloat(out, column.As<float>()[row])) break;
          AppendJsonValue(out, column, row, BigIntegers::kNumbers);
          break;
        case ResultKind::kDouble:
          if (AppendSpecialFloat(out, column.As<double>()[row])) break;
          AppendJsonValue(out, column, row, BigIntegers::kNumbers);
          break;
        case ResultKind::kTimestampMicros:
        case ResultKind::kTimestampNanos:
        case ResultKind::kDate:
          scratch_.clear();
          AppendJsonValue(scratch_, column, row, BigIntegers::kNumbers);
          out.append(scratch_, 1, scratch_.size() - 2);  // without the quotes
          break;
        default:
          AppendJsonValue(out, column, row, BigIntegers::kNumbers);
      }
    }
    out += '\n';
  }
  return {};
}

}  // namespace arc::format
