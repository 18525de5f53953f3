// The JSON answer to a query: rows are read from it one after the other, never all at once.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/base/result.h"

namespace arc::cli {

struct Cell {
  enum class Kind { kNull, kBoolean, kNumber, kText, kNested };

  Kind kind;
  // As the server wrote it, so that no digit of a number is lost; a text without its quotes and
  // escapes; a list or object as JSON without spaces; empty for kNull.
  std::string_view text;
};

// Threads: one.
class QueryAnswer {
 public:
  // Fails with kInternal when `json` is not an answer to a query, with the server's own error when
  // it says that the query failed.
  static Result<std::unique_ptr<QueryAnswer>> Parse(std::string json);

  const std::string& json() const { return json_; }
  const std::vector<std::string>& columns() const { return columns_; }
  std::uint64_t row_count() const { return row_count_; }
  double execution_time_ms() const { return execution_time_ms_; }
  // Why rows are missing; empty when the answer is complete.
  const std::string& incomplete_reason() const { return incomplete_reason_; }

  // Visits the rows from the first, as often as called. The cells live until `visit` returns.
  // Fails with kInternal when the rows are not as promised by the columns.
  Result<void> ForEachRow(const std::function<void(std::span<const Cell>)>& visit);

 private:
  class SummaryVisitor;
  class RowVisitor;

  explicit QueryAnswer(std::string json) : json_(std::move(json)) {}

  const std::string json_;
  std::vector<std::string> columns_;
  std::uint64_t row_count_ = 0;
  double execution_time_ms_ = 0;
  std::string incomplete_reason_;
};

}  // namespace arc::cli
