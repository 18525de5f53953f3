#include "query/format/json_format.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "foundation/text/json_text.h"

namespace arc::format {

JsonFormat::JsonFormat(const FormatOptions& options)
    : big_integers_(options.has_big_int_strings ? BigIntegers::kStrings : BigIntegers::kNumbers) {}

Result<void> JsonFormat::Begin(std::string& out,
                               const std::vector<engine::ResultColumnInfo>& columns) {
  out += R"({"success":true,"columns":[)";
  for (const auto& column : columns) {
    if (&column != &columns.front()) out += ',';
    AppendJsonString(out, column.name);
  }
  out += R"(],"data":[)";
  return {};
}

Result<void> JsonFormat::Rows(std::string& out, const engine::ResultChunk& chunk) {
  TextBuffer buffer(out);
  for (std::size_t row = 0; row < chunk.row_count; row++) {
    if (std::exchange(has_rows_, true)) buffer.Append(',');
    char before = '[';
    for (const auto& column : chunk.columns) {
      buffer.Append(std::exchange(before, ','));
      AppendJsonValue(buffer, column, row, big_integers_);
    }
    buffer.Append(']');
  }
  return {};
}

Result<void> JsonFormat::End(std::string& out, const Outcome& outcome) {
  fmt::format_to(std::back_inserter(out),
                 R"(],"row_count":{},"execution_time_ms":{:.3f},"timestamp":"{}")",
                 outcome.row_count, outcome.execution_ms, outcome.timestamp);
  if (outcome.row_cap) {
    fmt::format_to(std::back_inserter(out), R"(,"rows_capped":true,"row_cap":{})",
                   *outcome.row_cap);
  }
  if (!outcome.next_cursor.empty()) {
    out += R"(,"next_cursor":)";
    AppendJsonString(out, outcome.next_cursor);
  }
  if (outcome.missing) {
    fmt::format_to(std::back_inserter(out), R"(,"missing_files":{},"missing_rows":{})",
                   outcome.missing->file_count, outcome.missing->row_count);
  }
  if (outcome.profile) {
    const auto& profile = *outcome.profile;
    fmt::format_to(std::back_inserter(out),
                   R"(,"profile":{{"total_ms":{:.3f},"planner_ms":{:.3f},"execution_ms":{:.3f},)"
                   R"("rows_scanned":{},"latency_ms":{:.3f}}})",
                   profile.total_ms, profile.planner_ms, profile.execution_ms, profile.rows_scanned,
                   profile.total_ms);
  }
  if (outcome.failure) {
    out += R"(,"truncated":true,"truncation_reason":)";
    AppendJsonString(out, *outcome.failure);
  }
  out += '}';
  return {};
}

}  // namespace arc::format
