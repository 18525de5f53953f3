// Which type takes all values of a CSV column, and reading them as that type.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/model/schema.h"
#include "foundation/text/exact_number.h"

namespace arc::imports {

// Without spaces and tabs around.
inline std::string_view TrimSpaces(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// How the values of a file are written.
struct CsvRules {
  // What stands for no value in every column, exactly as it is written (spaces around do not
  // count). Nothing: the usual
  // spellings (NA, NaN, null, -, ... in any case), where the other values are numbers or booleans.
  std::optional<std::vector<std::string>> null_values{};
  char decimal_point = '.';  // or ','
  LongNumbers long_numbers = LongNumbers::kAsText;
};

// Reads single values. Spaces around a number, a boolean or a NULL do not count.
// Threads: any; nothing changes after it was made.
class CsvValues {
 public:
  explicit CsvValues(CsvRules rules);

  // Nothing when the text is not one, or is one that would lose something of the text: zeros in
  // front (01067), a sign (+49, -0 as an integer), digits (see FloatKeeps).
  std::optional<std::int64_t> Integer(std::string_view text) const;
  std::optional<double> Double(std::string_view text) const;
  std::optional<bool> Bool(std::string_view text) const;  // true, false, 1, 0 in any case

  // Nothing but spaces; or a spelling of nothing: in a number or a boolean column, in any column.
  bool IsNull(std::string_view text) const;
  bool IsNullEverywhere(std::string_view text) const;

  // Why a text that looks like a number is none: "has a zero in front that a number would lose".
  // Empty for one that is a number, and for one that does not look so.
  std::string_view WhyNoNumber(std::string_view text) const;

  const CsvRules& rules() const { return rules_; }

 private:
  CsvRules rules_;
};

// Sees the values of one column, one after the other.
class CsvTypeFinder {
 public:
  // `values` outlives this.
  explicit CsvTypeFinder(const CsvValues& values) : values_(&values) {}

  void See(std::string_view text);

  // The narrowest type that takes all values seen: kNull, kInt64, kDouble, kBool or kString in this
  // order. `known` is the type that the measurement's column has already (kNull when it has none):
  // it decides where several types would do, so that 0 and 1 join a boolean, and 42 a string.
  // Spellings of nothing alone are kNull when they were named by the rules, or when `known` takes
  // them; else they are texts, but for NaN, which is a number.
  ColumnType Find(ColumnType known) const;
  // The type that takes most when rows may be left out: that of Find, unless it does not join
  // `known`; then `known`, widened to a float when there are fractions.
  ColumnType FindJoining(ColumnType known) const;

  // Why there is no number in the column, by the first value that is none: "01067" has a zero in
  // front that a number would lose. Empty when all are numbers.
  std::string WhyNoNumber() const;
  // Most values are numbers, or would be if they did not lose something.
  bool IsMostlyNumbers() const { return number_count_ > other_count_; }

 private:
  bool CanBeDouble() const;
  ColumnType FindOfNulls(ColumnType known) const;

  const CsvValues* values_;
  std::uint64_t number_count_ = 0;  // those that would lose something too
  std::uint64_t other_count_ = 0;
  bool has_value_ = false;
  bool has_null_ = false;  // a spelling of nothing
  bool has_nan_ = false;
  bool can_be_integer_ = true;
  bool has_fraction_ = false;  // a float that is no integer
  bool can_be_bool_ = true;
  std::string first_long_integer_;  // that no float keeps
  std::string first_no_number_;
};

}  // namespace arc::imports
