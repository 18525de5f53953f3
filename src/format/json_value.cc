#include "format/json_value.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>

#include "base/json_text.h"
#include "base/time_text.h"

namespace arc::format {
namespace {

using engine::ResultColumn;
using engine::ResultKind;

constexpr std::int64_t kMicrosPerDay = 86'400'000'000;

// The greatest integer up to which every double is exact: 2^53.
constexpr std::int64_t kExactMax = std::int64_t{1} << 53;

template <class Integer>
void AppendInteger(std::string& out, Integer value) {
  const fmt::format_int digits(value);
  out.append(digits.data(), digits.size());
}

template <class Integer>
void AppendBigInteger(std::string& out, Integer value, BigIntegers big_integers) {
  const bool is_quoted = big_integers == BigIntegers::kStrings &&
                         (std::cmp_greater(value, kExactMax) || std::cmp_less(value, -kExactMax));
  if (is_quoted) out += '"';
  AppendInteger(out, value);
  if (is_quoted) out += '"';
}

// Decimals and integers of any length. An integer of 16 digits or more may be beyond 2^53; one of
// fewer is not.
void AppendNumberText(std::string& out, std::string_view text, BigIntegers big_integers) {
  const bool is_quoted = big_integers == BigIntegers::kStrings &&
                         text.find_first_of(".eE") == std::string_view::npos &&
                         text.size() - (text.starts_with('-') ? 1 : 0) >= 16;
  if (is_quoted) out += '"';
  out += text;
  if (is_quoted) out += '"';
}

template <class Float>
void AppendFloat(std::string& out, Float value) {
  if (std::isfinite(value)) {
    fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}"), value);
  } else {
    out += "null";
  }
}

void AppendTimestamp(std::string& out, std::int64_t micros) {
  if (micros == engine::kInfinityMicros || micros == -engine::kInfinityMicros) {
    out += micros > 0 ? "\"infinity\"" : "\"-infinity\"";
    return;
  }
  out += '"';
  AppendRfc3339(out, micros);
  out += '"';
}

void AppendDate(std::string& out, std::int32_t days) {
  if (days == engine::kInfinityDays || days == -engine::kInfinityDays) {
    out += days > 0 ? "\"infinity\"" : "\"-infinity\"";
  } else {
    AppendTimestamp(out, days * kMicrosPerDay);
  }
}

void AppendNanos(std::string& out, std::int64_t nanos) {
  out += '"';
  AppendRfc3339Nanos(out, nanos);
  out += '"';
}

}  // namespace

void AppendJsonValue(std::string& out, const ResultColumn& column, std::size_t row,
                     BigIntegers big_integers) {
  if (!column.IsValid(row)) {
    out += "null";
    return;
  }
  switch (column.kind) {
    case ResultKind::kNull:
      return;
    case ResultKind::kBool:
      out += column.As<bool>()[row] ? "true" : "false";
      return;
    case ResultKind::kInt8:
      return AppendInteger(out, int{column.As<std::int8_t>()[row]});
    case ResultKind::kInt16:
      return AppendInteger(out, column.As<std::int16_t>()[row]);
    case ResultKind::kInt32:
      return AppendInteger(out, column.As<std::int32_t>()[row]);
    case ResultKind::kInt64:
      return AppendBigInteger(out, column.As<std::int64_t>()[row], big_integers);
    case ResultKind::kUint8:
      return AppendInteger(out, unsigned{column.As<std::uint8_t>()[row]});
    case ResultKind::kUint16:
      return AppendInteger(out, column.As<std::uint16_t>()[row]);
    case ResultKind::kUint32:
      return AppendInteger(out, column.As<std::uint32_t>()[row]);
    case ResultKind::kUint64:
      return AppendBigInteger(out, column.As<std::uint64_t>()[row], big_integers);
    case ResultKind::kFloat:
      return AppendFloat(out, column.As<float>()[row]);
    case ResultKind::kDouble:
      return AppendFloat(out, column.As<double>()[row]);
    case ResultKind::kTimestampMicros:
      return AppendTimestamp(out, column.As<std::int64_t>()[row]);
    case ResultKind::kTimestampNanos:
      return AppendNanos(out, column.As<std::int64_t>()[row]);
    case ResultKind::kDate:
      return AppendDate(out, column.As<std::int32_t>()[row]);
    case ResultKind::kText:
      return AppendJsonString(out, column.Text(row));
    case ResultKind::kNumberText:
      return AppendNumberText(out, column.Text(row), big_integers);
  }
}

}  // namespace arc::format
