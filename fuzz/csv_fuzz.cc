// What is ours of reading CSV: following quotes over pieces, types, times.

#include "fuzzing.h"
#include "storage/csv_quotes.h"
#include "storage/csv_types.h"
#include "storage/time_parser.h"

namespace {

using arc::fuzzing::Require;

// The obvious way: byte by byte.
bool EndsWithinQuotes(std::string_view text) {
  enum { kStart, kPlain, kQuoted } state = kStart;
  for (std::size_t i = 0; i < text.size(); i++) {
    const char c = text[i];
    if (state == kQuoted) {
      if (c != '"') continue;
      if (i + 1 == text.size()) return false;
      if (text[i + 1] == '"') {
        i++;
      } else {
        state = kPlain;
      }
    } else if (c == ',' || c == '\n' || c == '\r') {
      state = kStart;
    } else {
      state = state == kStart && c == '"' ? kQuoted : kPlain;
    }
  }
  return state == kQuoted;
}

void CheckTypes(std::string_view text) {
  using arc::storage::CsvTypeFinder;
  CsvTypeFinder finder;
  finder.See(text);
  switch (finder.Find(arc::ColumnType::kNull)) {
    case arc::ColumnType::kNull:
      return Require(text.empty(), "a value without a type");
    case arc::ColumnType::kInt64:
      return Require(arc::storage::ParseCsvInteger(text).has_value(), "no integer");
    case arc::ColumnType::kDouble:
      return Require(arc::storage::ParseCsvDouble(text).has_value(), "no float");
    case arc::ColumnType::kBool:
      return Require(arc::storage::ParseCsvBool(text).has_value(), "no boolean");
    case arc::ColumnType::kString:
      return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto text = arc::fuzzing::TextOf(data + 1, size - 1);
  arc::storage::CsvQuotes quotes(',');
  const auto cut = std::min<std::size_t>(data[0], text.size());
  quotes.See(text.substr(0, cut));
  quotes.See(text.substr(cut));
  Require(quotes.is_open() == EndsWithinQuotes(text), "quotes are followed differently");
  Require(quotes.longest_row() <= text.size(), "a row longer than the file");
  CheckTypes(text);
  auto parser = arc::storage::TimeParser::ForFormat("").TakeValue();
  (void)parser.FromText(text);
  return 0;
}
