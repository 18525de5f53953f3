#include "query/engine/scan/table_read.h"

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {
namespace {

Error Invalid(const char* what, const std::exception& exception) {
  return {ErrorCode::kInvalidInput,
          std::string(what) + ": " + duckdb::ErrorData(exception).RawMessage()};
}

Result<duckdb::unique_ptr<duckdb::ParsedExpression>> Condition(const std::string& text) {
  try {
    auto expressions = duckdb::Parser::ParseExpressionList(text);
    if (expressions.size() == 1 && !expressions[0]->HasAlias()) return std::move(expressions[0]);
  } catch (const std::exception& exception) {
    return Invalid("where", exception);
  }
  return Error{ErrorCode::kInvalidInput, "where must be one condition"};
}

Result<duckdb::vector<duckdb::OrderByNode>> Order(const std::string& text) {
  try {
    return duckdb::Parser::ParseOrderList(text);
  } catch (const std::exception& exception) {
    return Invalid("order_by", exception);
  }
}

}  // namespace

Result<std::string> SqlOf(const TableRead& read) {
  auto select = duckdb::make_uniq<duckdb::SelectNode>();
  select->select_list.push_back(duckdb::make_uniq<duckdb::StarExpression>());
  auto table = duckdb::make_uniq<duckdb::BaseTableRef>();
  table->schema_name = read.database;
  table->table_name = read.measurement;
  select->from_table = std::move(table);
  if (!read.condition.empty()) select->where_clause = TRY(Condition(read.condition));
  if (!read.order.empty()) {
    auto order = duckdb::make_uniq<duckdb::OrderModifier>();
    order->orders = TRY(Order(read.order));
    select->modifiers.push_back(std::move(order));
  }
  return select->ToString();
}

}  // namespace arc::engine
