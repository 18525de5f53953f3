// What is ours of reading CSV: following quotes over pieces, types, times.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "data/encoding/time_parser.h"
#include "data/imports/csv_quotes.h"
#include "data/imports/csv_types.h"
#include "foundation/model/column_batch.h"
#include "fuzzing.h"

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

// The obvious way: a float keeps what printf writes of it with as many digits.
bool PrintfWritesTheSame(double value, std::string_view text) {
  const auto digits_of = [](std::string_view number) {
    std::string digits;
    for (const char c : number.substr(0, number.find_first_of("eE"))) {
      if (c >= '0' && c <= '9') digits += c;
    }
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
    while (digits.ends_with('0')) digits.pop_back();
    return digits;
  };
  const auto digits = digits_of(text);
  if (digits.empty() || !std::isfinite(value)) return true;
  std::string written(digits.size() + 32, '\0');
  const auto length = std::snprintf(written.data(), written.size(), "%.*e",
                                    static_cast<int>(digits.size()) - 1, value);
  written.resize(static_cast<std::size_t>(length));
  return digits_of(written) == digits;
}

// With the usual rules, and with others: a type takes the value and loses nothing of it.
void CheckTypes(std::string_view text, const arc::imports::CsvRules& rules) {
  const arc::imports::CsvValues values(rules);
  const auto trimmed = arc::TrimSpaces(text);
  arc::imports::CsvTypeFinder finder(values);
  finder.See(text);
  (void)finder.WhyNoNumber();
  switch (finder.Find(arc::ColumnType::kNull)) {
    case arc::ColumnType::kNull:
      return Require(values.IsNull(text), "a value without a type");
    case arc::ColumnType::kInt64:
      Require(values.Integer(text).has_value(), "no integer");
      return Require(std::to_string(*values.Integer(text)) == trimmed, "another integer");
    case arc::ColumnType::kDouble:
      if (values.IsNull(text)) return;
      Require(values.Double(text).has_value(), "no float");
      if (rules.long_numbers == arc::LongNumbers::kRound) return;
      return Require(PrintfWritesTheSame(*values.Double(text), trimmed), "another float");
    case arc::ColumnType::kBool:
      return Require(values.Bool(text).has_value(), "no boolean");
    case arc::ColumnType::kString:
      return Require(!trimmed.empty(), "a blank text");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto text = arc::fuzzing::TextOf(data + 1, size - 1);
  arc::imports::CsvQuotes quotes(',');
  const auto cut = std::min<std::size_t>(data[0], text.size());
  quotes.See(text.substr(0, cut));
  quotes.See(text.substr(cut));
  Require(quotes.is_open() == EndsWithinQuotes(text), "quotes are followed differently");
  Require(quotes.longest_row() <= text.size(), "a row longer than the file");
  CheckTypes(text, {});
  CheckTypes(text, {.null_values = {{"-999"}}, .decimal_point = ','});
  CheckTypes(text, {.long_numbers = arc::LongNumbers::kRound});
  auto parser = arc::encoding::TimeParser::ForFormat("").TakeValue();
  if (const auto time = parser.FromText(text)) {
    Require(*time >= arc::kTimeMin && *time <= arc::kTimeMax, "a time that cannot be stored");
  } else {
    Require(!parser.WhyNot(text).empty(), "no reason");
  }
  return 0;
}
