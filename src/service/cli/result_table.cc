// Two passes over the rows: one finds the widths, one writes.

#include <algorithm>
#include <string>
#include <vector>

#include "service/cli/display_text.h"
#include "service/cli/human_numbers.h"
#include "service/cli/result_formats.h"

namespace arc::cli {
namespace {

constexpr std::size_t kCutColumnWidthMin = 8;
constexpr std::string_view kNull = "NULL";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kReset = "\x1b[0m";

struct Column {
  std::string name;
  std::size_t width = 0;
  bool is_numeric = false;
};

std::string Shown(const Cell& cell) {
  return cell.kind == Cell::Kind::kNull ? std::string(kNull) : DisplayText(cell.text);
}

Result<std::vector<Column>> MeasureColumns(QueryAnswer& answer) {
  std::vector<Column> columns;
  for (const auto& name : answer.columns()) {
    const std::string shown = DisplayText(name);
    columns.push_back({shown, DisplayWidth(shown)});
  }
  std::vector<bool> has_other(columns.size());
  TRY(answer.ForEachRow([&](std::span<const Cell> cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      columns[i].width = std::max(columns[i].width, DisplayWidth(Shown(cells[i])));
      const bool is_number = cells[i].kind == Cell::Kind::kNumber;
      if (is_number) columns[i].is_numeric = true;
      if (!is_number && cells[i].kind != Cell::Kind::kNull) has_other[i] = true;
    }
  }));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (has_other[i]) columns[i].is_numeric = false;
  }
  return columns;
}

// Takes from the widest column until the line fits or nothing more may be taken.
void FitIntoLine(std::vector<Column>& columns, std::size_t line_columns_max) {
  std::size_t line = 0;
  for (const auto& column : columns) line += column.width + 3;
  while (line > line_columns_max) {
    const auto widest = std::ranges::max_element(columns, {}, &Column::width);
    if (widest->width <= kCutColumnWidthMin) return;
    --widest->width;
    --line;
  }
}

void WriteField(std::string_view text, const Column& column, bool is_dim, std::ostream& out) {
  const std::string shown = CutToWidth(text, column.width);
  const std::string padding(column.width - DisplayWidth(shown), ' ');
  if (column.is_numeric) out << padding;
  out << (is_dim ? kDim : "") << shown << (is_dim ? kReset : "");
  if (!column.is_numeric) out << padding;
}

void WriteHeader(const std::vector<Column>& columns, std::ostream& out) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    out << (i == 0 ? " " : " | ");
    WriteField(columns[i].name, columns[i], false, out);
  }
  out << '\n';
  for (std::size_t i = 0; i < columns.size(); ++i) {
    out << (i == 0 ? "" : "+") << std::string(columns[i].width + 2, '-');
  }
  out << '\n';
}

}  // namespace

Result<void> WriteTable(QueryAnswer& answer, const TableOptions& options, std::ostream& out) {
  auto columns = TRY(MeasureColumns(answer));
  if (options.line_columns_max.has_value()) FitIntoLine(columns, *options.line_columns_max);
  if (!columns.empty()) WriteHeader(columns, out);
  TRY(answer.ForEachRow([&](std::span<const Cell> cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      out << (i == 0 ? " " : " | ");
      const bool is_dim = options.has_colors && cells[i].kind == Cell::Kind::kNull;
      WriteField(Shown(cells[i]), columns[i], is_dim, out);
    }
    out << '\n';
  }));
  out << '(' << FormatCount(answer.row_count()) << (answer.row_count() == 1 ? " row, " : " rows, ")
      << FormatMilliseconds(answer.execution_time_ms()) << ")\n";
  return {};
}

}  // namespace arc::cli
