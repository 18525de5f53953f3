#include "query/format/json_value.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "foundation/text/json_text.h"
#include "foundation/time/time_text.h"

namespace arc::format {
namespace {

using engine::ResultColumn;
using engine::ResultKind;

// The greatest integer up to which every double is exact: 2^53.
constexpr std::int64_t kExactMax = std::int64_t{1} << 53;

template <class Integer>
char* WriteInteger(char* to, Integer value) {
  return std::to_chars(to, to + TextBuffer::kRoomMax, value).ptr;
}

template <class Integer>
void AppendInteger(TextBuffer& out, Integer value) {
  out.Commit(WriteInteger(out.Room(), value));
}

template <class Integer>
void AppendBigInteger(TextBuffer& out, Integer value, BigIntegers big_integers) {
  const bool is_quoted = big_integers == BigIntegers::kStrings &&
                         (std::cmp_greater(value, kExactMax) || std::cmp_less(value, -kExactMax));
  if (is_quoted) out.Append('"');
  AppendInteger(out, value);
  if (is_quoted) out.Append('"');
}

// Decimals and integers of any length. Only an integer of 16 digits or more can be beyond 2^53.
void AppendNumberText(TextBuffer& out, std::string_view text, BigIntegers big_integers) {
  const bool is_quoted = big_integers == BigIntegers::kStrings &&
                         text.find_first_of(".eE") == std::string_view::npos &&
                         text.size() - (text.starts_with('-') ? 1 : 0) >= 16;
  if (is_quoted) out.Append('"');
  out.Append(text);
  if (is_quoted) out.Append('"');
}

// Writes a number with up to nine digits before the point and six after it, from 0.0001 on: most
// values of sensors are like that. Returns null for other numbers. Two different decimals of up to
// 15 digits are never the same double, so a decimal that gives the double exactly is the shortest.
char* WriteShortDecimal(char* to, double value) {
  constexpr double kScale = 1e6;
  constexpr double kMax = 1e9;
  if (!(std::abs(value) < kMax)) return nullptr;
  const double scaled = value * kScale;
  // Rounds to the nearest; the check below refuses everything that is not exact.
  auto digits = static_cast<std::int64_t>(scaled + (scaled < 0 ? -0.5 : 0.5));
  if (static_cast<double>(digits) / kScale != value) return nullptr;
  // Smaller numbers are written with an exponent elsewhere, and so is a zero with a sign.
  if (std::abs(digits) < 100 && (digits != 0 || std::signbit(value))) return nullptr;
  if (digits < 0) {
    *to++ = '-';
    digits = -digits;
  }
  to = WriteInteger(to, digits / 1'000'000);
  auto fraction = static_cast<std::uint32_t>(digits % 1'000'000);
  if (fraction == 0) return to;
  *to++ = '.';
  for (int i = 5; i >= 0; i--) {
    to[i] = static_cast<char>('0' + fraction % 10);
    fraction /= 10;
  }
  to += 6;
  while (to[-1] == '0') to--;
  return to;
}

void AppendFloat(TextBuffer& out, double value) {
  if (!std::isfinite(value)) return out.Append("null");
  char* const room = out.Room();
  char* end = WriteShortDecimal(room, value);
  if (end == nullptr) end = fmt::format_to(room, FMT_COMPILE("{}"), value);
  out.Commit(end);
}

// Not by way of double: the shortest text of a float differs from that of the same double.
void AppendFloat(TextBuffer& out, float value) {
  if (!std::isfinite(value)) return out.Append("null");
  out.Commit(fmt::format_to(out.Room(), FMT_COMPILE("{}"), value));
}

char* WriteInfinity(char* to, bool is_positive) {
  const std::string_view word = is_positive ? "infinity" : "-infinity";
  std::memcpy(to, word.data(), word.size());
  return to + word.size();
}

// With Z only if the type says that it is UTC, not for local times and days.
char* WriteTime(char* to, const ResultColumn& column, std::size_t row) {
  constexpr std::ptrdiff_t kZoneBytes = 1;
  if (column.kind == ResultKind::kLocalNanos) {
    return WriteRfc3339Nanos(to, column.As<std::int64_t>()[row]) - kZoneBytes;
  }
  if (column.kind != ResultKind::kDate) {
    const auto micros = column.As<std::int64_t>()[row];
    if (micros == engine::kInfinityMicros || micros == -engine::kInfinityMicros) {
      return WriteInfinity(to, micros > 0);
    }
    return WriteRfc3339(to, micros) - (column.kind == ResultKind::kLocalMicros ? kZoneBytes : 0);
  }
  const auto days = column.As<std::int32_t>()[row];
  if (days == engine::kInfinityDays || days == -engine::kInfinityDays) {
    return WriteInfinity(to, days > 0);
  }
  return WriteDay(to, days);
}

void AppendTime(TextBuffer& out, const ResultColumn& column, std::size_t row) {
  char* to = out.Room();
  *to++ = '"';
  to = WriteTime(to, column, row);
  *to++ = '"';
  out.Commit(to);
}

// Whether any of eight bytes is a quote, a backslash, a control character or not ASCII. The method
// is S. E. Anderson's ("Bit Twiddling Hacks", "Determine if a word has a byte less than n"): the
// high bit of a byte is set when the byte is below a limit.
bool IsAnySpecial(std::uint64_t bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = 0x8080808080808080;
  const auto quotes = bytes ^ (kOnes * '"');
  const auto backslashes = bytes ^ (kOnes * '\\');
  const auto found = (quotes - kOnes) | (backslashes - kOnes) | (bytes - kOnes * 0x20) | bytes;
  return (found & kHighs) != 0;
}

bool IsPlain(std::string_view text) {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t bytes;
    std::memcpy(&bytes, text.data() + i, 8);
    if (IsAnySpecial(bytes)) return false;
  }
  if (i == text.size()) return true;
  std::uint64_t bytes = 0x2020202020202020;
  std::memcpy(&bytes, text.data() + i, text.size() - i);
  return !IsAnySpecial(bytes);
}

}  // namespace

void AppendBareTime(TextBuffer& out, const ResultColumn& column, std::size_t row) {
  out.Commit(WriteTime(out.Room(), column, row));
}

void AppendJsonText(TextBuffer& out, std::string_view text) {
  if (text.size() + 2 > TextBuffer::kRoomMax || !IsPlain(text)) {
    return AppendJsonString(out.Flushed(), text);
  }
  char* const to = out.Room();
  to[0] = '"';
  std::memcpy(to + 1, text.data(), text.size());
  to[text.size() + 1] = '"';
  out.Commit(to + text.size() + 2);
}

void AppendJsonValue(TextBuffer& out, const ResultColumn& column, std::size_t row,
                     BigIntegers big_integers) {
  if (!column.IsValid(row)) {
    out.Append("null");
    return;
  }
  switch (column.kind) {
    case ResultKind::kNull:
      return;
    case ResultKind::kBool:
      return out.Append(column.As<bool>()[row] ? "true" : "false");
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
    case ResultKind::kLocalMicros:
    case ResultKind::kLocalNanos:
    case ResultKind::kDate:
      return AppendTime(out, column, row);
    case ResultKind::kText:
      return AppendJsonText(out, column.Text(row));
    case ResultKind::kNumberText:
      return AppendNumberText(out, column.Text(row), big_integers);
  }
}

}  // namespace arc::format
