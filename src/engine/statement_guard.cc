#include "engine/statement_guard.h"

#include "engine/allowed_functions.h"
#include "model/names.h"

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

// Visits every expression and table of a statement.
class TreeWalk {
 public:
  virtual ~TreeWalk() = default;

  void Visit(duckdb::QueryNode& node) {
    ParsedExpressionIterator::EnumerateQueryNodeChildren(
        node, [this](unique_ptr<ParsedExpression>& child) { Visit(*child); },
        [this](TableRef& table) { Visit(table); });
  }

 protected:
  virtual void OnScalarFunction(const std::string&) {}
  virtual void OnTableFunction(const std::string&) {}
  virtual void OnTable(const duckdb::BaseTableRef&) {}

 private:
  void Visit(ParsedExpression& expression) {
    if (expression.GetExpressionClass() == duckdb::ExpressionClass::FUNCTION) {
      OnScalarFunction(expression.Cast<duckdb::FunctionExpression>().function_name);
    }
    if (expression.GetExpressionClass() == duckdb::ExpressionClass::SUBQUERY) {
      Visit(*expression.Cast<duckdb::SubqueryExpression>().subquery->node);
    }
    ParsedExpressionIterator::EnumerateChildren(
        expression, [this](unique_ptr<ParsedExpression>& child) { Visit(*child); });
  }

  // The iterator has visited the children of joins and subqueries, but not of these.
  void Visit(TableRef& table) {
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

  void VisitPivot(duckdb::PivotColumn& pivot) {
    for (auto& expression : pivot.pivot_expressions) Visit(*expression);
    for (auto& entry : pivot.entries) {
      if (entry.expr) Visit(*entry.expr);
    }
    if (pivot.subquery) Visit(*pivot.subquery);
  }
};

// Keeps the first reason to refuse a statement for its functions.
class FunctionCheck : public TreeWalk {
 public:
  const std::string& refusal() const { return refusal_; }

 protected:
  void OnScalarFunction(const std::string& written) override {
    const auto name = duckdb::StringUtil::Lower(written);
    if (IsFileFunction(name)) return RefuseFileFunction(name);
    if (IsRefusedScalarFunction(name)) Refuse("Function not allowed in user SQL: " + name + "()");
  }
  void OnTableFunction(const std::string& written) override {
    const auto name = duckdb::StringUtil::Lower(written);
    if (IsFileFunction(name)) return RefuseFileFunction(name);
    if (!IsAllowedTableFunction(name)) {
      Refuse("Table function not allowed in user SQL: " + name + "()");
    }
  }

 private:
  void RefuseFileFunction(const std::string& name) {
    Refuse("File I/O function not allowed in user SQL: " + name + "()");
  }
  void Refuse(std::string reason) {
    if (refusal_.empty()) refusal_ = std::move(reason);
  }

  std::string refusal_;
};

// Whether all tables are of one database.
class DatabaseCheck : public TreeWalk {
 public:
  explicit DatabaseCheck(const std::string& database) : database_(database) {}
  bool names_another() const { return names_another_; }

 protected:
  void OnTable(const duckdb::BaseTableRef& table) override {
    const auto& schema = table.schema_name;
    if (schema.empty() || EqualIgnoringCase(schema, database_)) return;
    if (EqualIgnoringCase(schema, "information_schema")) return;
    if (EqualIgnoringCase(schema, "pg_catalog")) return;
    names_another_ = true;
  }

 private:
  const std::string& database_;
  bool names_another_ = false;
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

// The statement that EXPLAIN explains; any other as it is.
duckdb::SQLStatement& Explained(duckdb::SQLStatement& statement) {
  if (statement.type != StatementType::EXPLAIN_STATEMENT) return statement;
  return *statement.Cast<duckdb::ExplainStatement>().stmt;
}

Result<void> Walk(duckdb::SQLStatement& select, TreeWalk& walk) {
  try {
    walk.Visit(*select.Cast<duckdb::SelectStatement>().node);
    return {};
  } catch (const std::exception& exception) {
    // A kind of node that the walk does not know must not get past it.
    return Error{ErrorCode::kInvalidInput, kDangerous, duckdb::ErrorData(exception).Message()};
  }
}

Result<void> Check(duckdb::SQLStatement& statement) {
  auto& inner = Explained(statement);
  if (inner.type == StatementType::MULTI_STATEMENT) {
    return Refusal("PIVOT needs its values in the statement: PIVOT ... ON column IN (...)");
  }
  if (inner.type != StatementType::SELECT_STATEMENT) return Refusal(kDangerous);
  FunctionCheck functions;
  TRY(Walk(inner, functions));
  if (!functions.refusal().empty()) return Refusal(functions.refusal());
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

Result<void> CheckOneDatabase(duckdb::SQLStatement& statement, const std::string& database) {
  DatabaseCheck databases(database);
  TRY(Walk(Explained(statement), databases));
  if (!databases.names_another()) return {};
  return Refusal(
      "Cross-database queries (db.table syntax) not allowed when x-arc-database header is set");
}

}  // namespace arc::engine
