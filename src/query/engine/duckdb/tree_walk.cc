#include "query/engine/duckdb/tree_walk.h"

namespace arc::engine {

using duckdb::ParsedExpression;
using duckdb::ParsedExpressionIterator;
using duckdb::TableRef;
using duckdb::TableReferenceType;
using duckdb::unique_ptr;

void TreeWalk::Visit(duckdb::QueryNode& node) {
  ParsedExpressionIterator::EnumerateQueryNodeChildren(
      node, [this](unique_ptr<ParsedExpression>& child) { Visit(*child); },
      [this](TableRef& table) { Visit(table); });
}

void TreeWalk::Visit(ParsedExpression& expression) {
  const bool is_lambda = expression.GetExpressionClass() == duckdb::ExpressionClass::LAMBDA;
  lambda_depth_ += is_lambda ? 1 : 0;
  OnExpression(expression);
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::FUNCTION) {
    OnScalarFunction(expression.Cast<duckdb::FunctionExpression>().function_name);
  }
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::SUBQUERY) {
    Visit(*expression.Cast<duckdb::SubqueryExpression>().subquery->node);
  }
  ParsedExpressionIterator::EnumerateChildren(
      expression, [this](unique_ptr<ParsedExpression>& child) { Visit(*child); });
  lambda_depth_ -= is_lambda ? 1 : 0;
}

// DuckDB's iterator visits the children of joins and subqueries, but not those of the kinds below.
void TreeWalk::Visit(TableRef& table) {
  if (table.type == TableReferenceType::BASE_TABLE) OnTable(table.Cast<duckdb::BaseTableRef>());
  if (table.type == TableReferenceType::TABLE_FUNCTION) {
    auto& reference = table.Cast<duckdb::TableFunctionRef>();
    OnTableFunction(reference.function->Cast<duckdb::FunctionExpression>().function_name);
    if (reference.subquery) Visit(*reference.subquery->node);
  }
  if (table.type == TableReferenceType::SHOW_REF) {
    auto& show = table.Cast<duckdb::ShowRef>();
    if (show.query) Visit(*show.query);
  }
  if (table.type == TableReferenceType::PIVOT) {
    for (auto& pivot : table.Cast<duckdb::PivotRef>().pivots) VisitPivot(pivot);
  }
}

void TreeWalk::VisitPivot(duckdb::PivotColumn& pivot) {
  for (auto& expression : pivot.pivot_expressions) Visit(*expression);
  for (auto& entry : pivot.entries) {
    if (entry.expr) Visit(*entry.expr);
  }
  if (pivot.subquery) Visit(*pivot.subquery);
}

}  // namespace arc::engine
