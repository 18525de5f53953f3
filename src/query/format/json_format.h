// The answer of POST /api/v1/query: one JSON object, rows as arrays.

#pragma once

#include "query/format/json_value.h"
#include "query/format/result_format.h"

namespace arc::format {

// {"success":true,"columns":[..],"data":[[..],..],"row_count":N,"execution_time_ms":..,
// "timestamp":".."} and, where they apply, "rows_capped":true,"row_cap":N, "next_cursor":"..",
// "profile":{..} and "truncated":true,"truncation_reason":"..". That a result is truncated is known
// only after "success", which says that it began well.
class JsonFormat : public ResultFormat {
 public:
  explicit JsonFormat(const FormatOptions& options);

  std::string_view content_type() const override { return "application/json"; }
  Result<void> Begin(std::string& out,
                     const std::vector<engine::ResultColumnInfo>& columns) override;
  Result<void> Rows(std::string& out, const engine::ResultChunk& chunk) override;
  Result<void> End(std::string& out, const Outcome& outcome) override;
  bool CanShowFailure() const override { return true; }

 private:
  const BigIntegers big_integers_;
  bool has_rows_ = false;
};

}  // namespace arc::format
