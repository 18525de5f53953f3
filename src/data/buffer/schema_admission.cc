#include "data/buffer/schema_admission.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "foundation/base/check.h"

namespace arc::buffer {
namespace {

constexpr auto kAny = std::numeric_limits<std::size_t>::max();
constexpr IngestLimits kNoLimits{kAny, kAny, kAny};

// A column of the batch that cannot be stored, and why.
struct Misfit {
  std::size_t column;
  RefusalKind kind;
  std::string reason;
};

// Which columns of the batch the schema cannot take. Spells the others as the schema does.
std::vector<Misfit> FindMisfits(const RowSchema& schema, const IngestLimits& limits,
                                ColumnBatch& batch) {
  std::vector<Misfit> misfits;
  auto column_count = schema.columns().size();
  for (std::size_t i = 0; i < batch.columns.size(); i++) {
    auto& column = batch.columns[i];
    const auto index = schema.IndexOf(column.name);
    if (index == RowSchema::kNotFound) {
      auto problem = ColumnProblem(column.name, column_count, limits);
      if (problem) {
        misfits.push_back({i, RefusalKind::kLimit, std::move(*problem)});
      } else {
        column_count++;
      }
      continue;
    }
    const auto& known = schema.columns()[index];
    column.name = known.name;
    ColumnType joined;
    if (JoinTypes(known.type, column.type(), joined)) continue;
    misfits.push_back({i, RefusalKind::kTypeConflict,
                       fmt::format("column \"{}\": holds {}, the row offers {}", column.name,
                                   ToString(known.type), ToString(column.type()))});
  }
  return misfits;
}

// Reports a row that is to be removed.
void Reject(std::size_t row, Refusal refusal, const DecodedMeasurement& decoded,
            RejectionReport& report) {
  if (!report.TellsNext()) return report.Add(decoded.lines[row], "");
  refusal.NameMeasurement(decoded.measurement);
  report.Add(decoded.lines[row], std::move(refusal),
             ShownText(RowText(decoded.measurement, decoded.batch, row, kShownTextMax)));
}

// Keeps the rows whose `keep` is set, with their lines.
void KeepRows(const std::vector<bool>& keep, DecodedMeasurement& decoded) {
  std::vector<std::uint32_t> lines;
  for (std::size_t row = 0; row < keep.size(); row++) {
    if (keep[row]) lines.push_back(decoded.lines[row]);
  }
  if (lines.size() < keep.size()) decoded.batch = SelectRows(decoded.batch, keep);
  decoded.lines = std::move(lines);
}

// Takes rows out whose time no query could show.
void RemoveTimesOutOfRange(DecodedMeasurement& decoded, RejectionReport& report) {
  const auto& times = decoded.batch.times;
  std::vector<bool> keep(times.size(), true);
  for (std::size_t row = 0; row < times.size(); row++) {
    if (times[row] >= kTimeMin && times[row] <= kTimeMax) continue;
    keep[row] = false;
    Reject(row,
           {RefusalKind::kTime,
            "time out of range: it must lie between the years 290309 BC and 294247"},
           decoded, report);
  }
  KeepRows(keep, decoded);
}

// The lengths of the strings of one column, in a batch or in its dictionary.
std::size_t LengthOf(const StringValues& values, std::size_t i) {
  return values.offsets[i + 1] - values.offsets[i];
}
const StringValues* StringsOf(const Column& column) {
  if (const auto* words = std::get_if<DictionaryValues>(&column.values)) return &words->dictionary;
  return std::get_if<StringValues>(&column.values);
}
std::size_t LengthAt(const Column& column, std::size_t row) {
  const auto* words = std::get_if<DictionaryValues>(&column.values);
  return LengthOf(*StringsOf(column), words == nullptr ? row : words->codes[row]);
}

// Takes rows out with a string that is too long.
void RemoveLongValues(std::size_t bytes_max, DecodedMeasurement& decoded, RejectionReport& report) {
  std::vector<bool> keep(decoded.batch.row_count(), true);
  for (const auto& column : decoded.batch.columns) {
    if (LongestAbove(column, bytes_max) == 0) continue;
    for (std::size_t row = 0; row < keep.size(); row++) {
      const auto length = LengthAt(column, row);
      if (length <= bytes_max || !keep[row]) continue;
      keep[row] = false;
      Reject(row,
             {RefusalKind::kLimit,
              fmt::format("column \"{}\": the value has {} bytes, more than the {} it may have "
                          "(ingest.max_value_size)",
                          column.name, length, bytes_max)},
             decoded, report);
    }
  }
  KeepRows(keep, decoded);
}

// Takes the misfit columns, and every row with a value in one of them, out of the batch.
void Remove(const std::vector<Misfit>& misfits, DecodedMeasurement& decoded,
            RejectionReport& report) {
  auto& batch = decoded.batch;
  std::vector<bool> keep(batch.row_count(), true);
  for (std::size_t row = 0; row < batch.row_count(); row++) {
    for (const auto& misfit : misfits) {
      const auto& column = batch.columns[misfit.column];
      if (!column.IsValid(row)) continue;
      keep[row] = false;
      const auto value = misfit.kind == RefusalKind::kTypeConflict && report.TellsNext()
                             ? ShownValue(ValueText(column, row))
                             : std::string();
      Reject(row, {misfit.kind, misfit.reason, value}, decoded, report);
      break;
    }
  }
  for (auto misfit = misfits.rbegin(); misfit != misfits.rend(); ++misfit) {
    batch.columns.erase(batch.columns.begin() + static_cast<std::ptrdiff_t>(misfit->column));
  }
  KeepRows(keep, decoded);
}

}  // namespace

std::optional<std::string> ColumnProblem(std::string_view name, std::size_t column_count,
                                         const IngestLimits& limits) {
  if (name.size() > limits.name_bytes_max) {
    constexpr std::size_t kShownMax = 32;
    auto shown = std::min(kShownMax, name.size());
    while (shown > 0 && (name[shown] & 0xC0) == 0x80) shown--;  // between characters
    return fmt::format(
        "column \"{}...\": the name has {} bytes, more than the {} it may have "
        "(ingest.max_name_size)",
        name.substr(0, shown), name.size(), limits.name_bytes_max);
  }
  if (column_count < limits.columns_max) return std::nullopt;
  return fmt::format(
      "column \"{}\" would be one more than the {} columns a measurement may have "
      "(ingest.max_columns)",
      name, limits.columns_max);
}

std::size_t LongestAbove(const Column& column, std::size_t bytes_max) {
  const auto* strings = StringsOf(column);
  if (strings == nullptr || strings->bytes.size() <= bytes_max) return 0;
  std::size_t longest = 0;
  for (std::size_t i = 0; i < strings->size(); i++) {
    longest = std::max(longest, LengthOf(*strings, i));
  }
  return longest > bytes_max ? longest : 0;
}

void AdmitBatch(LiveMeasurement& live, const IngestLimits& limits, DecodedMeasurement& decoded,
                RejectionReport& report) {
  if (decoded.batch.min_time < kTimeMin || decoded.batch.max_time > kTimeMax) {
    RemoveTimesOutOfRange(decoded, report);
    if (decoded.batch.row_count() == 0) return;
  }
  const auto is_long = [&](const Column& column) {
    return LongestAbove(column, limits.value_bytes_max) > 0;
  };
  if (std::any_of(decoded.batch.columns.begin(), decoded.batch.columns.end(), is_long)) {
    RemoveLongValues(limits.value_bytes_max, decoded, report);
    if (decoded.batch.row_count() == 0) return;
  }
  for (;;) {
    const auto registered = live.registered_schema();
    if (Covers(*registered, decoded.batch)) return;
    const auto misfits = FindMisfits(*registered, limits, decoded.batch);
    if (!misfits.empty()) Remove(misfits, decoded, report);
    if (decoded.batch.row_count() == 0) return;
    auto joined = JoinSchemas(registered, SchemaOf(decoded.batch));
    CHECK(joined != nullptr, "a batch without misfits does not join");
    if (joined == registered) return;
    if (live.ReplaceRegisteredSchema(registered, std::move(joined))) return;
  }
}

Result<void> JoinRegistered(LiveMeasurement& live, ColumnBatch& batch) {
  for (;;) {
    const auto registered = live.registered_schema();
    if (Covers(*registered, batch)) return {};
    const auto misfits = FindMisfits(*registered, kNoLimits, batch);
    if (!misfits.empty()) {
      return Error{ErrorCode::kCorruptData,
                   fmt::format("rows of measurement {} do not fit its columns: {}",
                               live.name().ToString(), misfits.front().reason)};
    }
    auto joined = JoinSchemas(registered, SchemaOf(batch));
    CHECK(joined != nullptr, "a batch without misfits does not join");
    if (joined == registered) return {};
    if (live.ReplaceRegisteredSchema(registered, std::move(joined))) return {};
  }
}

}  // namespace arc::buffer
