#include "query/engine/guard/statement_guard.h"

#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "foundation/base/exception_error.h"
#include "foundation/model/names.h"
#include "query/engine/duckdb/tree_walk.h"
#include "query/engine/guard/allowed_functions.h"
#include "query/engine/guard/sql_hints.h"
#include "query/engine/guard/timed_aggregates.h"

namespace arc::engine {
namespace {

using duckdb::ParsedExpression;
using duckdb::StatementType;
using duckdb::unique_ptr;

constexpr const char* kDangerous = "Dangerous SQL operation not allowed";

Error Refusal(std::string message) { return {ErrorCode::kInvalidInput, std::move(message)}; }

// Keeps the first reason to refuse a statement.
class RefusingWalk : public TreeWalk {
 public:
  const std::string& refusal() const { return refusal_; }

 protected:
  void Refuse(std::string reason) {
    if (refusal_.empty()) refusal_ = std::move(reason);
  }

 private:
  std::string refusal_;
};

// Refuses a statement because of its shape: DuckDB would plan it for minutes or hours, and cannot
// be interrupted while it plans. At these limits planning takes a second or two on a slow core.
class ShapeCheck : public RefusingWalk {
 public:
  void Visit(duckdb::QueryNode& node) override {
    if (!counted_.insert(&node).second) return;  // a CTE that was visited in its WITH
    const auto outer_scope = table_counts_;
    for (const auto& [name, cte] : node.cte_map.map) {
      if (!cte->query || !cte->query->node) continue;
      const auto outside = std::exchange(table_count_, 0);
      Visit(*cte->query->node);
      table_counts_[duckdb::StringUtil::Lower(name)] = std::exchange(table_count_, outside);
    }
    if (node.type == duckdb::QueryNodeType::SELECT_NODE) {
      const auto sets = node.Cast<duckdb::SelectNode>().groups.grouping_sets.size();
      if (sets > kGroupingSetsMax) Refuse("grouping sets", sets, kGroupingSetsMax);
    }
    TreeWalk::Visit(node);
    table_counts_ = outer_scope;
  }

 protected:
  void OnExpression(ParsedExpression& expression) override {
    if (lambda_depth() > kLambdaDepthMax) {
      Refuse("lambdas within each other", lambda_depth(), kLambdaDepthMax);
    }
    // Constants are not counted: long lists of them are planned quickly.
    if (expression.GetExpressionClass() == duckdb::ExpressionClass::CONSTANT) return;
    if (++expression_count_ > kExpressionsMax) {
      Refuse("expressions", expression_count_, kExpressionsMax);
    }
  }
  void OnScalarFunction(const std::string& name) override { CheckFunctionName(name); }
  void OnTableFunction(const std::string& name) override { CheckFunctionName(name); }
  // DuckDB plans a CTE once for each place that names it.
  void OnTable(const duckdb::BaseTableRef& table) override {
    std::uint64_t count = 1;
    const auto found = table_counts_.find(duckdb::StringUtil::Lower(table.table_name));
    if (table.schema_name.empty() && found != table_counts_.end()) count += found->second;
    table_count_ += count;
    if (table_count_ > kTablesMax) Refuse("tables, CTEs written out", table_count_, kTablesMax);
  }

 private:
  static constexpr std::size_t kLambdaDepthMax = 10;        // each level doubles the planning
  static constexpr std::size_t kGroupingSetsMax = 512;      // CUBE of nine columns
  static constexpr std::uint64_t kExpressionsMax = 20'000;  // OR takes the square of their number
  static constexpr std::uint64_t kTablesMax = 10'000;

  void CheckFunctionName(const std::string& name) {
    if (name.size() <= kFunctionNameBytesMax) return;
    Refuse("bytes in the name of a function", name.size(), kFunctionNameBytesMax);
  }
  void Refuse(const char* what, std::uint64_t count, std::uint64_t most) {
    if (!refusal().empty()) return;  // it may be called for every word: make one message only
    RefusingWalk::Refuse("The statement has " + std::to_string(count) + " or more " + what +
                         ", at most " + std::to_string(most) + " are allowed: take it apart");
  }

  std::set<const duckdb::QueryNode*> counted_;
  std::map<std::string, std::uint64_t> table_counts_;  // of the CTEs in scope
  std::uint64_t table_count_ = 0;
  std::uint64_t expression_count_ = 0;
};

// Refuses a statement because of its functions.
class FunctionCheck : public RefusingWalk {
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
};

// Finds whether the statement names another database.
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

// Quotes the word `default` before a point. Works on tokens, so strings and comments stay as they
// are.
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

// For every kind of name: a table, a type, a collation. See kFunctionNameBytesMax.
constexpr std::size_t kNameBytesMax = 8192;

bool HasLongName(const std::string& sql) {
  if (sql.size() <= kNameBytesMax) return false;
  const auto tokens = duckdb::Parser::Tokenize(sql);
  for (std::size_t i = 0; i < tokens.size(); i++) {
    if (tokens[i].type != duckdb::SimplifiedTokenType::SIMPLIFIED_TOKEN_IDENTIFIER) continue;
    const auto end = i + 1 < tokens.size() ? tokens[i + 1].start : sql.size();
    if (end - tokens[i].start <= kNameBytesMax) continue;
    const auto after = sql.find_last_not_of(" \t\r\n", end - 1);
    if (after - tokens[i].start > kNameBytesMax) return true;
  }
  return false;
}

Result<duckdb::vector<unique_ptr<duckdb::SQLStatement>>> Parse(const std::string& sql,
                                                               duckdb::ParserOptions options) {
  try {
    if (HasLongName(sql)) {
      return Refusal("The statement has a name of more than " + std::to_string(kNameBytesMax) +
                     " bytes");
    }
    duckdb::Parser parser(options);
    parser.ParseQuery(sql);
    return std::move(parser.statements);
  } catch (const std::bad_alloc&) {
    return ErrorOfException();  // an ErrorData would need memory again
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
  } catch (const std::bad_alloc&) {
    return ErrorOfException();  // an ErrorData would need memory again
  } catch (const std::exception& exception) {
    // The walk does not know this kind of node, so it must be refused.
    return Error{ErrorCode::kInvalidInput, kDangerous, duckdb::ErrorData(exception).Message()};
  }
}

Result<void> Check(duckdb::SQLStatement& statement) {
  auto& inner = Explained(statement);
  if (inner.type == StatementType::MULTI_STATEMENT) {
    return Refusal("PIVOT needs its values in the statement: PIVOT ... ON column IN (...)");
  }
  if (inner.type != StatementType::SELECT_STATEMENT) {
    return Refusal(std::string(kDangerous) + ". " + std::string(InsteadOf(inner.type)));
  }
  FunctionCheck functions;
  ShapeCheck shape;
  for (RefusingWalk* walk :
       {static_cast<RefusingWalk*>(&functions), static_cast<RefusingWalk*>(&shape)}) {
    TRY(Walk(inner, *walk));
    if (!walk->refusal().empty()) return Refusal(walk->refusal());
  }
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
  TimedAggregates timed;
  TRY(Walk(Explained(*statements[0]), timed));
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
