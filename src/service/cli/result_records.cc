#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "service/cli/display_text.h"
#include "service/cli/human_numbers.h"
#include "service/cli/result_formats.h"

namespace arc::cli {

Result<void> WriteRecords(QueryAnswer& answer, std::ostream& out) {
  std::vector<std::string> names;
  std::size_t width = 0;
  for (const auto& column : answer.columns()) {
    names.push_back(DisplayText(column));
    width = std::max(width, DisplayWidth(names.back()));
  }
  for (auto& name : names) name.append(width - DisplayWidth(name), ' ');
  std::uint64_t number = 0;
  TRY(answer.ForEachRow([&](std::span<const Cell> cells) {
    out << fmt::format("-[ row {} ]-\n", ++number);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const bool is_null = cells[i].kind == Cell::Kind::kNull;
      out << names[i] << " | " << (is_null ? "NULL" : DisplayText(cells[i].text)) << '\n';
    }
  }));
  out << '(' << FormatCount(answer.row_count()) << (answer.row_count() == 1 ? " row, " : " rows, ")
      << FormatMilliseconds(answer.execution_time_ms()) << ")\n";
  return {};
}

}  // namespace arc::cli
