#include "query/json_rows.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <string_view>

#include "base/json_text.h"
#include "base/time_text.h"

namespace arc::query {
namespace {

using engine::ResultColumn;
using engine::ResultKind;

constexpr std::int64_t kMicrosPerDay = 86'400'000'000;

template <class Integer>
void AppendInteger(std::string& out, Integer value) {
  const fmt::format_int digits(value);
  out.append(digits.data(), digits.size());
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

void AppendValue(std::string& out, const ResultColumn& column, std::size_t row) {
  switch (column.kind) {
    case ResultKind::kNull:
      out += "null";
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
      return AppendInteger(out, column.As<std::int64_t>()[row]);
    case ResultKind::kUint8:
      return AppendInteger(out, unsigned{column.As<std::uint8_t>()[row]});
    case ResultKind::kUint16:
      return AppendInteger(out, column.As<std::uint16_t>()[row]);
    case ResultKind::kUint32:
      return AppendInteger(out, column.As<std::uint32_t>()[row]);
    case ResultKind::kUint64:
      return AppendInteger(out, column.As<std::uint64_t>()[row]);
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
      out += column.Text(row);
      return;
  }
}

}  // namespace

void AppendJsonRows(std::string& out, const engine::ResultChunk& chunk) {
  for (std::size_t row = 0; row < chunk.row_count; row++) {
    if (row > 0) out += ',';
    out += '[';
    for (const auto& column : chunk.columns) {
      if (&column != &chunk.columns.front()) out += ',';
      if (column.IsValid(row)) {
        AppendValue(out, column, row);
      } else {
        out += "null";
      }
    }
    out += ']';
  }
}

void AppendJsonNames(std::string& out, const std::vector<engine::ResultColumnInfo>& columns) {
  out += '[';
  for (const auto& column : columns) {
    if (&column != &columns.front()) out += ',';
    AppendJsonString(out, column.name);
  }
  out += ']';
}

}  // namespace arc::query
