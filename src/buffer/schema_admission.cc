#include "buffer/schema_admission.h"

#include <fmt/format.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"

namespace arc::buffer {
namespace {

// A column of the batch that cannot be stored, and why.
struct Misfit {
  std::size_t column;
  std::string reason;
};

// Which columns of the batch the schema cannot take. Spells the others as the schema does.
std::vector<Misfit> FindMisfits(const TableSchema& schema, std::size_t columns_max,
                                ColumnBatch& batch) {
  std::vector<Misfit> misfits;
  auto column_count = schema.columns().size();
  for (std::size_t i = 0; i < batch.columns.size(); i++) {
    auto& column = batch.columns[i];
    const auto index = schema.IndexOf(column.name);
    if (index == TableSchema::kNotFound) {
      if (++column_count > columns_max) {
        misfits.push_back({i, fmt::format("column \"{}\" would be one more than the {} columns a "
                                          "measurement may have (ingest.max_columns)",
                                          column.name, columns_max)});
      }
      continue;
    }
    const auto& known = schema.columns()[index];
    column.name = known.name;
    ColumnType joined;
    if (JoinTypes(known.type, column.type(), joined)) continue;
    misfits.push_back({i, fmt::format("column \"{}\": holds {}, the row offers {}", column.name,
                                      ToString(known.type), ToString(column.type()))});
  }
  return misfits;
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
    report.Add(decoded.lines[row],
               "time out of range: it must lie between the years 290309 BC and 294247");
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
      if (!batch.columns[misfit.column].IsValid(row)) continue;
      keep[row] = false;
      report.Add(decoded.lines[row], misfit.reason);
      break;
    }
  }
  for (auto misfit = misfits.rbegin(); misfit != misfits.rend(); ++misfit) {
    batch.columns.erase(batch.columns.begin() + static_cast<std::ptrdiff_t>(misfit->column));
  }
  KeepRows(keep, decoded);
}

}  // namespace

void AdmitBatch(LiveMeasurement& live, std::size_t columns_max, DecodedMeasurement& decoded,
                RejectionReport& report) {
  if (decoded.batch.min_time < kTimeMin || decoded.batch.max_time > kTimeMax) {
    RemoveTimesOutOfRange(decoded, report);
    if (decoded.batch.row_count() == 0) return;
  }
  for (;;) {
    const auto registered = live.registered_schema();
    if (Covers(*registered, decoded.batch)) return;
    const auto misfits = FindMisfits(*registered, columns_max, decoded.batch);
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
    const auto misfits = FindMisfits(*registered, std::numeric_limits<std::size_t>::max(), batch);
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
