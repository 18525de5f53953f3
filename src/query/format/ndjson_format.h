// One line of JSON for each row.

#pragma once

#include <string>
#include <vector>

#include "query/format/json_value.h"
#include "query/format/result_format.h"

namespace arc::format {

// {"time":"..","host":"a"} or, if asked for, ["..","a"]. A result that is cut short ends with the
// line
// {"truncated":true,"truncation_reason":"..","row_count":N}.
class NdjsonFormat : public ResultFormat {
 public:
  explicit NdjsonFormat(const FormatOptions& options);

  std::string_view content_type() const override { return "application/x-ndjson"; }
  Result<void> Begin(std::string& out,
                     const std::vector<engine::ResultColumnInfo>& columns) override;
  Result<void> Rows(std::string& out, const engine::ResultChunk& chunk) override;
  Result<void> End(std::string& out, const Outcome& outcome) override;
  bool CanShowFailure() const override { return true; }

 private:
  const BigIntegers big_integers_;
  const bool has_array_rows_;
  std::vector<std::string> before_;  // the text before the value of each column
};

}  // namespace arc::format
