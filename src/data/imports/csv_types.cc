#include "data/imports/csv_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "foundation/model/names.h"
#include "foundation/text/parse_number.h"

namespace arc::imports {
namespace {

// How many bytes of a value a message shows.
constexpr std::size_t kShownMax = 64;
// The usual spellings of NULL.
constexpr std::array<std::string_view, 14> kNullWords{"na",   "n/a",  "#n/a", "#na",    "<na>",
                                                      "nan",  "-nan", "null", "(null)", "nil",
                                                      "none", "-",    "--",   "\\n"};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsNan(std::string_view text) {
  return EqualIgnoringCase(text, "nan") || EqualIgnoringCase(text, "-nan");
}

bool IsNullWord(std::string_view text) {
  constexpr std::size_t kLongest = 6;
  constexpr std::string_view kFirstBytes = "nN-#<(\\";
  if (text.size() > kLongest || kFirstBytes.find(text.front()) == std::string_view::npos) {
    return false;
  }
  if (IsDigit(text.front()) || (text.size() > 1 && IsDigit(text[1]))) return false;
  return std::ranges::any_of(kNullWords,
                             [&](const auto word) { return EqualIgnoringCase(text, word); });
}

// A cheap test: the first byte tells most texts from numbers.
bool MayBeNumber(std::string_view text) {
  return !text.empty() && (IsDigit(text.front()) ||
                           std::string_view("+-.,").find(text.front()) != std::string_view::npos);
}

bool HasZeroInFront(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && IsDigit(text[1]);
}

// The nearest float, even if it loses a part of the text.
std::optional<double> NearestDouble(std::string_view text, char decimal_point) {
  if (text.ends_with(')')) return std::nullopt;  // nan(...)
  if (decimal_point == '.') return ParseNumber<double>(text);
  if (text.find('.') != std::string_view::npos) return std::nullopt;
  std::string with_point(text);
  std::ranges::replace(with_point, decimal_point, '.');
  return ParseNumber<double>(with_point);
}

}  // namespace

CsvValues::CsvValues(CsvRules rules) : rules_(std::move(rules)) {
  if (!rules_.null_values) return;
  for (auto& word : *rules_.null_values) word = std::string(TrimSpaces(word));
}

std::optional<std::int64_t> CsvValues::Integer(std::string_view text) const {
  text = TrimSpaces(text);
  if (HasZeroInFront(text) || text == "-0") return std::nullopt;
  return ParseNumber<std::int64_t>(text);
}

std::optional<double> CsvValues::Double(std::string_view text) const {
  text = TrimSpaces(text);
  if (HasZeroInFront(text)) return std::nullopt;
  const auto value = NearestDouble(text, rules_.decimal_point);
  if (!value || rules_.long_numbers == LongNumbers::kRound || FloatKeeps(*value, text)) {
    return value;
  }
  return std::nullopt;
}

std::optional<bool> CsvValues::Bool(std::string_view text) const {
  text = TrimSpaces(text);
  if (text == "1" || EqualIgnoringCase(text, "true")) return true;
  if (text == "0" || EqualIgnoringCase(text, "false")) return false;
  return std::nullopt;
}

bool CsvValues::IsNull(std::string_view text) const {
  text = TrimSpaces(text);
  return text.empty() || (rules_.null_values ? IsNullEverywhere(text) : IsNullWord(text));
}

bool CsvValues::IsNullEverywhere(std::string_view text) const {
  if (!rules_.null_values) return false;
  return std::ranges::find(*rules_.null_values, TrimSpaces(text)) != rules_.null_values->end();
}

std::string_view CsvValues::WhyNoNumber(std::string_view text) const {
  text = TrimSpaces(text);
  if (!MayBeNumber(text) || Integer(text) || Double(text)) return {};
  const bool has_plus = text.starts_with('+');
  if (has_plus) text.remove_prefix(1);
  const char other_point = rules_.decimal_point == '.' ? ',' : '.';
  if (!NearestDouble(text, rules_.decimal_point)) {
    if (!NearestDouble(text, other_point)) return {};
    return other_point == ',' ? "has a decimal comma (decimal_comma=true reads such numbers)"
                              : "has a decimal point, while decimal_comma is set";
  }
  if (has_plus) return "has a plus sign that a number would lose";
  if (HasZeroInFront(text)) return "has a zero in front that a number would lose";
  return "has more digits than a float keeps (long_numbers=round rounds such numbers)";
}

void CsvTypeFinder::See(std::string_view text) {
  text = TrimSpaces(text);
  if (text.empty()) return;
  if (values_->IsNull(text)) {
    has_null_ = true;
    has_nan_ = has_nan_ || IsNan(text);
    return;
  }
  has_value_ = true;
  can_be_bool_ = can_be_bool_ && values_->Bool(text);
  if (const auto integer = values_->Integer(text)) {
    number_count_++;
    if (first_long_integer_.empty() && !FloatKeeps(*integer)) first_long_integer_ = text;
    return;
  }
  can_be_integer_ = false;
  if (values_->Double(text)) {
    number_count_++;
    has_fraction_ = true;
    return;
  }
  if (first_no_number_.empty()) first_no_number_ = text;
  (values_->WhyNoNumber(text).empty() ? other_count_ : number_count_)++;
}

bool CsvTypeFinder::CanBeDouble() const {
  const bool may_round = values_->rules().long_numbers == LongNumbers::kRound;
  return first_no_number_.empty() && (first_long_integer_.empty() || may_round);
}

ColumnType CsvTypeFinder::FindOfNulls(ColumnType known) const {
  if (!has_null_) return ColumnType::kNull;
  if (known == ColumnType::kString && !values_->rules().null_values) return ColumnType::kString;
  if (known != ColumnType::kNull || values_->rules().null_values) return ColumnType::kNull;
  return has_nan_ ? ColumnType::kDouble : ColumnType::kString;
}

ColumnType CsvTypeFinder::Find(ColumnType known) const {
  if (!has_value_) return FindOfNulls(known);
  if (known == ColumnType::kString) return ColumnType::kString;
  if (known == ColumnType::kBool && can_be_bool_) return ColumnType::kBool;
  if (can_be_integer_ && (known != ColumnType::kDouble || CanBeDouble())) return ColumnType::kInt64;
  if (CanBeDouble()) return ColumnType::kDouble;
  if (can_be_bool_) return ColumnType::kBool;
  return ColumnType::kString;
}

ColumnType CsvTypeFinder::FindJoining(ColumnType known) const {
  const auto found = Find(known);
  ColumnType joined;
  if (JoinTypes(known, found, joined)) return found;
  return known == ColumnType::kInt64 && has_fraction_ ? ColumnType::kDouble : known;
}

std::string CsvTypeFinder::WhyNoNumber() const {
  const auto& text = first_no_number_.empty() ? first_long_integer_ : first_no_number_;
  if (text.empty()) return {};
  const auto shown = std::string_view(text).substr(0, kShownMax);
  if (first_no_number_.empty())
    return fmt::format("\"{}\" has more digits than a float keeps", shown);
  if (values_->Bool(text)) return fmt::format("\"{}\" is no number", shown);
  const auto reason = values_->WhyNoNumber(text);
  return fmt::format("\"{}\" {}", shown,
                     reason.empty() ? "is neither a number nor a boolean" : reason);
}

}  // namespace arc::imports
