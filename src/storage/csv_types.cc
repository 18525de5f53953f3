#include "storage/csv_types.h"

#include "base/parse_number.h"
#include "model/names.h"

namespace arc::storage {
std::optional<std::int64_t> ParseCsvInteger(std::string_view text) {
  return ParseNumber<std::int64_t>(text);
}
std::optional<double> ParseCsvDouble(std::string_view text) { return ParseNumber<double>(text); }
std::optional<bool> ParseCsvBool(std::string_view text) {
  if (text == "1" || EqualIgnoringCase(text, "true")) return true;
  if (text == "0" || EqualIgnoringCase(text, "false")) return false;
  return std::nullopt;
}

void CsvTypeFinder::See(std::string_view text) {
  if (text.empty()) return;
  has_value_ = true;
  if (!ParseCsvInteger(text)) {
    const bool is_double = ParseCsvDouble(text).has_value();
    can_be_integer_ = false;
    can_be_double_ = can_be_double_ && is_double;
    has_fraction_ = has_fraction_ || is_double;
  }
  can_be_bool_ = can_be_bool_ && ParseCsvBool(text);
}

ColumnType CsvTypeFinder::Find(ColumnType known) const {
  if (!has_value_) return ColumnType::kNull;
  if (known == ColumnType::kString) return ColumnType::kString;
  if (known == ColumnType::kBool && can_be_bool_) return ColumnType::kBool;
  if (can_be_integer_) return ColumnType::kInt64;
  if (can_be_double_) return ColumnType::kDouble;
  if (can_be_bool_) return ColumnType::kBool;
  return ColumnType::kString;
}

ColumnType CsvTypeFinder::FindJoining(ColumnType known) const {
  const auto found = Find(known);
  ColumnType joined;
  if (JoinTypes(known, found, joined)) return found;
  return known == ColumnType::kInt64 && has_fraction_ ? ColumnType::kDouble : known;
}

}  // namespace arc::storage
