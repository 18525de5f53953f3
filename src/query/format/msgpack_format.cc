#include "query/format/msgpack_format.h"

#include <fmt/format.h>

#include <cstdint>
#include <string_view>

#include "foundation/text/parse_number.h"
#include "query/format/msgpack_writer.h"
#include "query/format/whole_number.h"

namespace arc::format {
namespace {

using engine::ResultColumn;
using engine::ResultColumnInfo;
using engine::ResultKind;

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;

std::string_view TypeName(const ResultColumnInfo& column) {
  switch (column.kind) {
    case ResultKind::kNull:
      return "null";
    case ResultKind::kBool:
      return "bool";
    case ResultKind::kInt8:
      return "int8";
    case ResultKind::kInt16:
      return "int16";
    case ResultKind::kInt32:
      return "int32";
    case ResultKind::kInt64:
      return "int64";
    case ResultKind::kUint8:
      return "uint8";
    case ResultKind::kUint16:
      return "uint16";
    case ResultKind::kUint32:
      return "uint32";
    case ResultKind::kUint64:
      return "uint64";
    case ResultKind::kFloat:
      return "float32";
    case ResultKind::kDouble:
      return "float64";
    case ResultKind::kTimestampMicros:
    case ResultKind::kLocalMicros:
      return "timestamp[us]";
    case ResultKind::kLocalNanos:
      return "timestamp[ns]";
    case ResultKind::kDate:
      return "date32";
    case ResultKind::kText:
      return column.type == "VARCHAR" ? "utf8" : "string_encoded";
    case ResultKind::kNumberText:
      break;
  }
  return HasFraction(column) ? "float64" : "int64";
}

// Rounds down, so that the remainder is never negative.
std::int64_t FloorDivide(std::int64_t value, std::int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

void AppendTime(MsgpackWriter& writer, std::int64_t value, std::int64_t per_second) {
  const auto seconds = FloorDivide(value, per_second);
  const auto fraction = value - seconds * per_second;
  writer.Timestamp(seconds, static_cast<std::uint32_t>(fraction * (kNanosPerSecond / per_second)));
}

Error InfiniteTime(const ResultColumnInfo& info) {
  return {ErrorCode::kInvalidInput,
          fmt::format("column \"{}\" holds an infinite time, for which this format has no word: "
                      "cast it to VARCHAR",
                      info.name)};
}

// One function for each kind keeps the loops tight.
template <class Append>
Result<void> AppendAll(std::string& out, const ResultColumn& column, std::size_t row_count,
                       Append append) {
  MsgpackWriter writer(out);
  for (std::size_t row = 0; row < row_count; row++) {
    if (column.IsValid(row)) {
      append(writer, row);
    } else {
      writer.Nil();
    }
  }
  return {};
}

template <class T>
Result<void> AppendInts(std::string& out, const ResultColumn& column, std::size_t row_count) {
  const auto* values = column.As<T>();
  return AppendAll(out, column, row_count,
                   [=](auto& writer, std::size_t row) { writer.Int(values[row]); });
}

template <class T>
bool HasInfinity(const ResultColumn& column, std::size_t row_count, T infinity) {
  const auto* values = column.As<T>();
  for (std::size_t row = 0; row < row_count; row++) {
    if ((values[row] == infinity || values[row] == -infinity) && column.IsValid(row)) return true;
  }
  return false;
}

Result<void> AppendTimes(std::string& out, const ResultColumnInfo& info, const ResultColumn& column,
                         std::size_t row_count) {
  if (info.kind == ResultKind::kDate) {
    if (HasInfinity(column, row_count, engine::kInfinityDays)) return InfiniteTime(info);
    const auto* days = column.As<std::int32_t>();
    return AppendAll(out, column, row_count, [=](auto& writer, std::size_t row) {
      writer.Timestamp(days[row] * kSecondsPerDay, 0);
    });
  }
  if (HasInfinity(column, row_count, engine::kInfinityMicros)) return InfiniteTime(info);
  const auto* times = column.As<std::int64_t>();
  const auto per_second = info.kind == ResultKind::kLocalNanos ? kNanosPerSecond : kMicrosPerSecond;
  return AppendAll(out, column, row_count, [=](auto& writer, std::size_t row) {
    AppendTime(writer, times[row], per_second);
  });
}

Result<void> AppendNumberTexts(std::string& out, const ResultColumnInfo& info,
                               const ResultColumn& column, std::size_t row_count) {
  MsgpackWriter writer(out);
  const bool has_fraction = HasFraction(info);
  for (std::size_t row = 0; row < row_count; row++) {
    if (!column.IsValid(row)) {
      writer.Nil();
    } else if (has_fraction) {
      writer.Double(ParseNumber<double>(column.Text(row)).value_or(0));
    } else {
      writer.Int64(TRY(WholeNumber(info, column.Text(row))));
    }
  }
  return {};
}

Result<void> AppendColumn(std::string& out, const ResultColumnInfo& info,
                          const ResultColumn& column, std::size_t count) {
  switch (info.kind) {
    case ResultKind::kNull:
      out.append(count, '\xc0');
      return {};
    case ResultKind::kBool:
      return AppendAll(out, column, count, [values = column.As<bool>()](auto& writer, auto row) {
        writer.Bool(values[row]);
      });
    case ResultKind::kInt8:
      return AppendInts<std::int8_t>(out, column, count);
    case ResultKind::kInt16:
      return AppendInts<std::int16_t>(out, column, count);
    case ResultKind::kInt32:
      return AppendInts<std::int32_t>(out, column, count);
    case ResultKind::kInt64:
      return AppendAll(out, column, count,
                       [values = column.As<std::int64_t>()](auto& writer, auto row) {
                         writer.Int64(values[row]);
                       });
    case ResultKind::kUint8:
      return AppendInts<std::uint8_t>(out, column, count);
    case ResultKind::kUint16:
      return AppendInts<std::uint16_t>(out, column, count);
    case ResultKind::kUint32:
      return AppendInts<std::uint32_t>(out, column, count);
    case ResultKind::kUint64:
      return AppendAll(out, column, count,
                       [values = column.As<std::uint64_t>()](auto& writer, auto row) {
                         writer.Uint64(values[row]);
                       });
    case ResultKind::kFloat:
      return AppendAll(out, column, count, [values = column.As<float>()](auto& writer, auto row) {
        writer.Float(values[row]);
      });
    case ResultKind::kDouble:
      return AppendAll(out, column, count, [values = column.As<double>()](auto& writer, auto row) {
        writer.Double(values[row]);
      });
    case ResultKind::kTimestampMicros:
    case ResultKind::kLocalMicros:
    case ResultKind::kLocalNanos:
    case ResultKind::kDate:
      return AppendTimes(out, info, column, count);
    case ResultKind::kText:
      return AppendAll(out, column, count,
                       [&](auto& writer, auto row) { writer.Text(column.Text(row)); });
    case ResultKind::kNumberText:
      return AppendNumberTexts(out, info, column, count);
  }
  return {};
}

void AppendEnd(MsgpackWriter& writer, const Outcome& outcome) {
  writer.Text("row_count");
  writer.Int(static_cast<std::int64_t>(outcome.row_count));
  writer.Text("execution_time_ms");
  writer.Int(static_cast<std::int64_t>(outcome.execution_ms));
  writer.Text("timestamp");
  writer.Text(outcome.timestamp);
}

void AppendProfile(MsgpackWriter& writer, const Profile& profile) {
  writer.Text("profile");
  writer.MapOf(5);
  writer.Text("total_ms");
  writer.Double(profile.total_ms);
  writer.Text("planner_ms");
  writer.Double(profile.planner_ms);
  writer.Text("execution_ms");
  writer.Double(profile.execution_ms);
  writer.Text("rows_scanned");
  writer.Int(static_cast<std::int64_t>(profile.rows_scanned));
  writer.Text("latency_ms");
  writer.Double(profile.total_ms);
}

}  // namespace

Result<void> MsgpackFormat::Begin(std::string&, const std::vector<ResultColumnInfo>& columns) {
  columns_ = columns;
  values_.emplace(spool_, columns_.size());
  return {};
}

Result<void> MsgpackFormat::Rows(std::string&, const engine::ResultChunk& chunk) {
  for (std::size_t i = 0; i < columns_.size(); i++) {
    TRY(AppendColumn(values_->Tail(i), columns_[i], chunk.columns[i], chunk.row_count));
  }
  return values_->Write();
}

Result<void> MsgpackFormat::End(std::string& out, const Outcome& outcome) {
  outcome_ = outcome;
  MsgpackWriter writer(out);
  writer.MapOf(7U + (outcome.row_cap ? 2U : 0U) + (outcome.next_cursor.empty() ? 0U : 1U) +
               (outcome.profile ? 1U : 0U));
  writer.Text("success");
  writer.Bool(true);
  writer.Text("columns");
  writer.ArrayOf(columns_.size());
  for (const auto& column : columns_) writer.Text(column.name);
  writer.Text("types");
  writer.ArrayOf(columns_.size());
  for (const auto& column : columns_) writer.Text(TypeName(column));
  writer.Text("data");
  writer.ArrayOf(columns_.size());
  return {};
}

Result<bool> MsgpackFormat::Rest(std::string& out) {
  MsgpackWriter writer(out);
  if (next_column_ < columns_.size()) {
    if (!has_begun_column_) writer.ArrayOf(outcome_.row_count);
    has_begun_column_ = TRY(values_->ReadPart(next_column_, out));
    if (!has_begun_column_) next_column_++;
    return true;
  }
  if (next_column_ > columns_.size()) return false;
  next_column_++;
  AppendEnd(writer, outcome_);
  if (outcome_.row_cap) {
    writer.Text("rows_capped");
    writer.Bool(true);
    writer.Text("row_cap");
    writer.Int(static_cast<std::int64_t>(*outcome_.row_cap));
  }
  if (!outcome_.next_cursor.empty()) {
    writer.Text("next_cursor");
    writer.Text(outcome_.next_cursor);
  }
  if (outcome_.profile) AppendProfile(writer, *outcome_.profile);
  return true;
}

std::string MsgpackFailure(const Outcome& outcome) {
  std::string out;
  MsgpackWriter writer(out);
  writer.MapOf(8);
  writer.Text("success");
  writer.Bool(false);
  for (const auto* name : {"columns", "types", "data"}) {
    writer.Text(name);
    writer.ArrayOf(0);
  }
  AppendEnd(writer, outcome);
  writer.Text("error");
  writer.Text(outcome.failure.value_or(""));
  return out;
}

}  // namespace arc::format
