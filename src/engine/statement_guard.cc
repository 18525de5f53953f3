#include "engine/statement_guard.h"

#include "engine/allowed_functions.h"

namespace arc::engine {
namespace {

using duckdb::ParsedExpression;
using duckdb::ParsedExpressionIterator;
using duckdb::StatementType;
using duckdb::TableRef;
using duckdb::TableReferenceType;
using duckdb::unique_ptr;

constexpr const char* kDangerous = "Dangerous SQL operation not allowed";

Error Refusal(std::string message) { return {ErrorCode::kInvalidInput, std::move(message)}; }

// Visits every function and table of a statement and keeps the first reason to refuse it.
class TreeWalk {
 public:
  void Visit(duckdb::QueryNode& node) {
    ParsedExpressionIterator::EnumerateQueryNodeChildren(
        node, [this](unique_ptr<ParsedExpression>& child) { Visit(*child); },
        [this](TableRef& table) { Visit(table); });
  }
  const std::string& refusal() const { return refusal_; }

 private:
  void Visit(ParsedExpression& expression) {
    if (expression.GetExpressionClass() == duckdb::ExpressionClass::FUNCTION) {
      CheckScalar(expression.Cast<duckdb::FunctionExpression>().function_name);
    }
    if (expression.GetExpressionClass() == duckdb::ExpressionClass::SUBQUERY) {
      Visit(*expression.Cast<duckdb::SubqueryExpression>().subquery->node);
    }
    ParsedExpressionIterator::EnumerateChildren(
        expression, [this](unique_ptr<ParsedExpression>& child) { Visit(*child); });
  }

  // The iterator has visited the children of joins and subqueries, but not of these.
  void Visit(TableRef& table) {
    if (table.type == TableReferenceType::TABLE_FUNCTION) {
      auto& reference = table.Cast<duckdb::TableFunctionRef>();
      CheckTableFunction(reference.function->Cast<duckdb::FunctionExpression>().function_name);
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

  void VisitPivot(duckdb::PivotColumn& pivot) {
    for (auto& expression : pivot.pivot_expressions) Visit(*expression);
    for (auto& entry : pivot.entries) {
      if (entry.expr) Visit(*entry.expr);
    }
    if (pivot.subquery) Visit(*pivot.subquery);
  }

  void CheckScalar(const std::string& written) {
    const auto name = duckdb::StringUtil::Lower(written);
    if (IsFileFunction(name)) return RefuseFileFunction(name);
    if (IsRefusedScalarFunction(name)) Refuse("Function not allowed in user SQL: " + name + "()");
  }
  void CheckTableFunction(const std::string& written) {
    const auto name = duckdb::StringUtil::Lower(written);
    if (IsFileFunction(name)) return RefuseFileFunction(name);
    if (!IsAllowedTableFunction(name)) {
      Refuse("Table function not allowed in user SQL: " + name + "()");
    }
  }
  void RefuseFileFunction(const std::string& name) {
    Refuse("File I/O function not allowed in user SQL: " + name + "()");
  }
  void Refuse(std::string reason) {
    if (refusal_.empty()) refusal_ = std::move(reason);
  }

  std::string refusal_;
};

// Quotes the word `default` before a point, by token: strings and comments stay as they are.
std::string QuoteDefault(std::string sql) {
  constexpr std::string_view kWord = "default";
  const auto tokens = duckdb::Parser::Tokenize(sql);
  for (auto token = tokens.rbegin(); token != tokens.rend(); ++token) {
    if (token->type != duckdb::SimplifiedTokenType::SIMPLIFIED_TOKEN_KEYWORD) continue;
    const auto end = token->start + kWord.size();
    if (end >= sql.size() || sql[end] != '.') continue;
    if (!duckdb::StringUtil::CIEquals(sql.substr(token->start, kWord.size()), "default")) continue;
    sql = sql.substr(0, token->start) + '"' + sql.substr(token->start, kWord.size()) + '"' +
          sql.substr(end);
  }
  return sql;
}

Result<duckdb::vector<unique_ptr<duckdb::SQLStatement>>> Parse(const std::string& sql,
                                                               duckdb::ParserOptions options) {
  try {
    duckdb::Parser parser(options);
    parser.ParseQuery(sql);
    return std::move(parser.statements);
  } catch (const std::exception& exception) {
    duckdb::ErrorData error(exception);
    error.AddErrorLocation(sql);
    return Refusal(error.Message());
  }
}

Result<void> Check(duckdb::SQLStatement& statement) {
  auto* inner = &statement;
  if (inner->type == StatementType::EXPLAIN_STATEMENT) {
    inner = inner->Cast<duckdb::ExplainStatement>().stmt.get();
  }
  if (inner->type == StatementType::MULTI_STATEMENT) {
    return Refusal("PIVOT needs its values in the statement: PIVOT ... ON column IN (...)");
  }
  if (inner->type != StatementType::SELECT_STATEMENT) return Refusal(kDangerous);
  TreeWalk walk;
  try {
    walk.Visit(*inner->Cast<duckdb::SelectStatement>().node);
  } catch (const std::exception& exception) {
    // A kind of node that the walk does not know must not get past it.
    return Error{ErrorCode::kInvalidInput, kDangerous, duckdb::ErrorData(exception).Message()};
  }
  if (!walk.refusal().empty()) return Refusal(walk.refusal());
  return {};
}

}  // namespace

Result<unique_ptr<duckdb::SQLStatement>> ParseAllowed(const std::string& sql,
                                                      duckdb::ParserOptions options) {
  auto parsed = Parse(sql, options);
  if (!parsed.ok()) {
    auto repaired = Parse(QuoteDefault(sql), options);
    if (repaired.ok()) parsed = std::move(repaired);
  }
  auto statements = TRY(std::move(parsed));
  if (statements.empty()) return Refusal("SQL query is required");
  if (statements.size() > 1) return Refusal("Multiple SQL statements are not allowed");
  TRY(Check(*statements[0]));
  return std::move(statements[0]);
}

}  // namespace arc::engine
