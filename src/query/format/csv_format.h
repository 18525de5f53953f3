// CSV (RFC 4180) with a header line.

#pragma once

#include "query/format/result_format.h"

namespace arc::format {

// NULL is an empty field, an empty text is "". Lines end with LF, which readers of RFC 4180 accept,
// too. CSV has no way to say that rows are missing.
class CsvFormat : public ResultFormat {
 public:
  std::string_view content_type() const override { return "text/csv; charset=utf-8"; }
  Result<void> Begin(std::string& out,
                     const std::vector<engine::ResultColumnInfo>& columns) override;
  Result<void> Rows(std::string& out, const engine::ResultChunk& chunk) override;
  Result<void> End(std::string&, const Outcome&) override { return {}; }
  bool CanShowFailure() const override { return false; }
};

}  // namespace arc::format
