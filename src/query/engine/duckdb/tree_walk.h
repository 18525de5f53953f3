// Visits every expression and table of a parsed statement.

#pragma once

#include <cstddef>
#include <string>

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

class TreeWalk {
 public:
  virtual ~TreeWalk() = default;

  // Throws DuckDB's exceptions for a kind of node that it does not know.
  virtual void Visit(duckdb::QueryNode& node);

 protected:
  virtual void OnScalarFunction(const std::string&) {}
  virtual void OnTableFunction(const std::string&) {}
  virtual void OnTable(const duckdb::BaseTableRef&) {}
  // Called before the children of the expression are visited.
  virtual void OnExpression(duckdb::ParsedExpression&) {}
  // How many lambdas stand around the visited expression.
  std::size_t lambda_depth() const { return lambda_depth_; }

 private:
  void Visit(duckdb::ParsedExpression& expression);
  void Visit(duckdb::TableRef& table);
  void VisitPivot(duckdb::PivotColumn& pivot);

  std::size_t lambda_depth_ = 0;
};

}  // namespace arc::engine
