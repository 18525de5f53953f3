// Which type takes all values of a CSV column, and reading them as that type.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/schema.h"

namespace arc::storage {

// The values of CSV; nothing when the text is not one. Whole texts only: no spaces around.
std::optional<std::int64_t> ParseCsvInteger(std::string_view text);
std::optional<double> ParseCsvDouble(std::string_view text);
std::optional<bool> ParseCsvBool(std::string_view text);  // true, false, 1, 0 in any case

// Sees the values of one column, one after the other.
class CsvTypeFinder {
 public:
  void See(std::string_view text);

  // The narrowest type that takes all values seen: kNull, kInt64, kDouble, kBool or kString in this
  // order. `known` is the type that the measurement's column has already (kNull when it has none):
  // it decides where several types would do, so that 0 and 1 join a boolean, and 42 a string.
  ColumnType Find(ColumnType known) const;
  // The type that takes most when rows may be left out: that of Find, unless it does not join
  // `known`; then `known`, widened to a float when there are fractions.
  ColumnType FindJoining(ColumnType known) const;

 private:
  bool has_value_ = false;
  bool can_be_integer_ = true;
  bool can_be_double_ = true;
  bool has_fraction_ = false;  // a float that is no integer
  bool can_be_bool_ = true;
};

}  // namespace arc::storage
