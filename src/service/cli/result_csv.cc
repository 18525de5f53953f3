#include <string_view>

#include "service/cli/result_formats.h"

namespace arc::cli {
namespace {

void WriteQuoted(std::string_view text, std::ostream& out) {
  out << '"';
  for (const char c : text) {
    if (c == '"') out << '"';
    out << c;
  }
  out << '"';
}

void WriteText(std::string_view text, std::ostream& out) {
  if (text.empty() || text.find_first_of(",\"\r\n") != text.npos) {
    WriteQuoted(text, out);
  } else {
    out << text;
  }
}

}  // namespace

Result<void> WriteCsv(QueryAnswer& answer, std::ostream& out) {
  if (answer.columns().empty()) return {};
  const char* separator = "";
  for (const auto& name : answer.columns()) {
    out << separator;
    WriteText(name, out);
    separator = ",";
  }
  out << '\n';
  return answer.ForEachRow([&](std::span<const Cell> cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) out << ',';
      if (cells[i].kind != Cell::Kind::kNull) WriteText(cells[i].text, out);
    }
    out << '\n';
  });
}

}  // namespace arc::cli
