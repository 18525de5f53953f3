#include "query/format/ndjson_format.h"

#include <fmt/format.h>

#include <iterator>

#include "foundation/text/json_text.h"

namespace arc::format {

NdjsonFormat::NdjsonFormat(const FormatOptions& options)
    : big_integers_(options.has_big_int_strings ? BigIntegers::kStrings : BigIntegers::kNumbers),
      has_array_rows_(options.has_array_rows) {}

Result<void> NdjsonFormat::Begin(std::string&,
                                 const std::vector<engine::ResultColumnInfo>& columns) {
  for (const auto& column : columns) {
    const bool is_first = &column == &columns.front();
    std::string before = is_first ? (has_array_rows_ ? "[" : "{") : ",";
    if (!has_array_rows_) {
      AppendJsonString(before, column.name);
      before += ':';
    }
    before_.push_back(std::move(before));
  }
  return {};
}

Result<void> NdjsonFormat::Rows(std::string& out, const engine::ResultChunk& chunk) {
  const std::string_view end = has_array_rows_ ? "]\n" : "}\n";
  TextBuffer buffer(out);
  for (std::size_t row = 0; row < chunk.row_count; row++) {
    for (std::size_t i = 0; i < chunk.columns.size(); i++) {
      buffer.Append(before_[i]);
      AppendJsonValue(buffer, chunk.columns[i], row, big_integers_);
    }
    buffer.Append(end);
  }
  return {};
}

Result<void> NdjsonFormat::End(std::string& out, const Outcome& outcome) {
  if (!outcome.failure) return {};
  fmt::format_to(std::back_inserter(out),
                 "{{\"truncated\":true,\"truncation_reason\":{},\"row_count\":{}}}\n",
                 JsonString(*outcome.failure), outcome.row_count);
  return {};
}

}  // namespace arc::format
