#include "data/ingest/line_protocol/field_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "data/ingest/line_protocol/short_text.h"
#include "foundation/model/names.h"

namespace arc::ingest::line_protocol {
namespace {

NumberOutcome ParseBoolean(std::string_view text, CellValue& value) {
  const bool is_true = text.front() == 't' || text.front() == 'T';
  constexpr std::array<std::string_view, 5> kTrue = {"t", "T", "true", "True", "TRUE"};
  constexpr std::array<std::string_view, 5> kFalse = {"f", "F", "false", "False", "FALSE"};
  const auto& words = is_true ? kTrue : kFalse;
  if (std::find(words.begin(), words.end(), text) == words.end()) return NumberOutcome::kMalformed;
  value.kind = CellValue::Kind::kBoolean;
  value.boolean = is_true;
  return NumberOutcome::kOk;
}

bool IsNotFinite(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return EqualIgnoringCase(text, "nan") || EqualIgnoringCase(text, "inf") ||
         EqualIgnoringCase(text, "infinity");
}

}  // namespace

NumberOutcome ParseFieldValue(std::string_view text, CellValue& value) {
  if (text.empty()) return NumberOutcome::kMalformed;
  const char last = text.back();
  if (last == 'i') {
    value.kind = CellValue::Kind::kInteger;
    return ParseInteger(text.substr(0, text.size() - 1), value.integer);
  }
  if (last >= '0' && last <= '9') {
    value.kind = CellValue::Kind::kDouble;
    return ParseDouble(text, value.real);
  }
  if (last == 'u') {
    value.kind = CellValue::Kind::kInteger;
    return ParseUnsigned(text.substr(0, text.size() - 1), value.integer);
  }
  const char first = text.front();
  if (first == 't' || first == 'T' || first == 'f' || first == 'F') {
    return ParseBoolean(text, value);
  }
  value.kind = CellValue::Kind::kDouble;
  return ParseDouble(text, value.real);
}

std::string DescribeBadValue(std::string_view text, NumberOutcome outcome) {
  if (text.empty()) return "has no value";
  if (outcome == NumberOutcome::kOutOfRange) {
    if (text.back() == 'u') {
      return fmt::format("{} is above 9223372036854775807, the greatest integer that can be stored",
                         Quoted(text));
    }
    return fmt::format("{} is out of range for {}", Quoted(text),
                       text.back() == 'i' ? "an integer of 64 bits" : "a float of 64 bits");
  }
  if (IsNotFinite(text)) return Quoted(text) + " is not a finite number and cannot be stored";
  return Quoted(text) +
         " is not a value: expected a number, an integer like 1i or 1u, true, false, or a "
         "\"quoted\" string";
}

}  // namespace arc::ingest::line_protocol
