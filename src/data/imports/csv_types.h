// Finds the type that can hold all values of a CSV column, and reads values as that type.
//
// The rule is that no value may lose anything of its text. "01067" is not a number, because a
// number would lose its zero, and one such value makes the whole column a string. CsvTypeFinder
// sees every value of the file before the first row is stored, so all rows of a column get the same
// type, and a value at the end of the file counts as much as the first.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/model/schema.h"
#include "foundation/text/ascii.h"
#include "foundation/text/exact_number.h"

namespace arc::imports {

// How the values of a file are written.
struct CsvRules {
  // Texts that mean NULL in every column, exactly as written (spaces around do not count). When
  // this is not set, the usual spellings (NA, NaN, null, -, ... in any case) mean NULL, but only in
  // columns whose other values are numbers or booleans.
  std::optional<std::vector<std::string>> null_values{};
  char decimal_point = '.';  // or ','
  LongNumbers long_numbers = LongNumbers::kAsText;
};

// Reads single values. Spaces around a number, a boolean or a NULL do not count.
// Threads: any; it never changes.
class CsvValues {
 public:
  explicit CsvValues(CsvRules rules);

  // Nothing when the text is not such a value, or when the value would lose a part of the text:
  // zeros in front (01067), a sign (+49, or -0 as an integer), digits (see FloatKeeps).
  std::optional<std::int64_t> Integer(std::string_view text) const;
  std::optional<double> Double(std::string_view text) const;
  std::optional<bool> Bool(std::string_view text) const;  // true, false, 1, 0 in any case

  // Whether the text means NULL: in a column of numbers or booleans, and in any column. Only IsNull
  // is also true for an empty text.
  bool IsNull(std::string_view text) const;
  bool IsNullEverywhere(std::string_view text) const;

  // Why a text that looks like a number is not read as one: "has a zero in front that a number
  // would lose". Empty for a number, and for a text that does not look like a number.
  std::string_view WhyNoNumber(std::string_view text) const;

  const CsvRules& rules() const { return rules_; }

 private:
  CsvRules rules_;
};

// Sees all values of one column, one after the other, and then decides its type.
class CsvTypeFinder {
 public:
  // `values` outlives this.
  explicit CsvTypeFinder(const CsvValues& values) : values_(&values) {}

  void See(std::string_view text);

  // The first of kNull, kInt64, kDouble, kBool and kString that can hold all values seen. `known`
  // is the type that the measurement's column has already (kNull for a new column). It decides when
  // several types can hold the values: 0 and 1 join a boolean, and 42 joins a string. A column that
  // holds only spellings of NULL is kNull when the rules name them or `known` can hold NULLs for
  // them; else it is a string, or a float if NaN is among them.
  ColumnType Find(ColumnType known) const;
  // For imports that may skip rows: the type of Find if it joins `known`; else `known` itself, or
  // kDouble when `known` is an integer and the file has fractions. Rows that do not fit are
  // skipped.
  ColumnType FindJoining(ColumnType known) const;

  // Why the column is not a column of numbers, with the first value that is not a number: "01067"
  // has a zero in front that a number would lose. Empty when all values are numbers.
  std::string WhyNoNumber() const;
  // Whether most values are numbers, or would be if they did not lose a part of their text.
  bool IsMostlyNumbers() const { return number_count_ > other_count_; }

 private:
  bool CanBeDouble() const;
  ColumnType FindOfNulls(ColumnType known) const;

  const CsvValues* values_;
  std::uint64_t number_count_ = 0;  // with those that would lose a part of their text
  std::uint64_t other_count_ = 0;
  bool has_value_ = false;
  bool has_null_ = false;  // a spelling of NULL was seen
  bool has_nan_ = false;
  bool can_be_integer_ = true;
  bool has_fraction_ = false;  // a float that is not an integer was seen
  bool can_be_bool_ = true;
  std::string first_long_integer_;  // the first integer that a float does not keep
  std::string first_no_number_;
};

}  // namespace arc::imports
