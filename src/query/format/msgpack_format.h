// The answer of POST /api/v1/query/msgpack: a map with the values column by column.
// Format: https://github.com/msgpack/msgpack/blob/master/spec.md

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "query/format/column_spool.h"
#include "query/format/result_format.h"

namespace arc::format {

// {success, columns, types, data: [[..], ..], row_count, execution_time_ms, timestamp} and, where
// they apply, rows_capped and row_cap, next_cursor, profile. In MessagePack the number of values
// comes before the first value of a column, so nothing can be sent before the last row is known:
// the columns wait in a spool.
//
// Whole numbers of 64 bits are always int 64 or uint 64; timestamps and dates have the extension
// type -1. Decimals without digits after the point are int64, others float64. Kinds without a type
// here are text ("string_encoded"). A value that does not fit fails the result.
class MsgpackFormat : public ResultFormat {
 public:
  explicit MsgpackFormat(Spool& spool) : spool_(spool) {}

  std::string_view content_type() const override { return "application/msgpack"; }
  Result<void> Begin(std::string& out,
                     const std::vector<engine::ResultColumnInfo>& columns) override;
  Result<void> Rows(std::string& out, const engine::ResultChunk& chunk) override;
  Result<void> End(std::string& out, const Outcome& outcome) override;
  Result<bool> Rest(std::string& out) override;
  bool CanShowFailure() const override { return false; }

 private:
  Spool& spool_;
  std::vector<engine::ResultColumnInfo> columns_;
  std::optional<ColumnSpool> values_;
  // How the result ended; set by End.
  Outcome outcome_;
  std::size_t next_column_ = 0;
  bool has_begun_column_ = false;
};

// The same map for a query that failed: success is false, and `outcome.failure` is the error.
std::string MsgpackFailure(const Outcome& outcome);

}  // namespace arc::format
