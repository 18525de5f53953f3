#include "query/engine/guard/guarded_like.h"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "query/engine/duckdb/interrupt_check.h"
#include "query/engine/guard/like_match.h"

namespace arc::engine {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::string_t;
using duckdb::Vector;

enum class Kind { kLike, kIlike, kGlob };

struct LikeFunction {
  std::string_view name;
  Kind kind;
  bool is_negated;
  bool has_escape;
};

constexpr std::array kLikeFunctions = {
    LikeFunction{"~~", Kind::kLike, false, false},
    LikeFunction{"!~~", Kind::kLike, true, false},
    LikeFunction{"~~*", Kind::kIlike, false, false},
    LikeFunction{"!~~*", Kind::kIlike, true, false},
    LikeFunction{"~~~", Kind::kGlob, false, false},
    LikeFunction{"like_escape", Kind::kLike, false, true},
    LikeFunction{"not_like_escape", Kind::kLike, true, true},
    LikeFunction{"ilike_escape", Kind::kIlike, false, true},
    LikeFunction{"not_ilike_escape", Kind::kIlike, true, true},
};

std::string_view View(const string_t& text) { return {text.GetData(), text.GetSize()}; }

// For an empty escape DuckDB uses a zero byte.
char EscapeOf(const string_t& escape) {
  if (escape.GetSize() > 1) {
    throw duckdb::SyntaxException(
        "Invalid escape string. Escape string must be empty or one character.");
  }
  return escape.GetSize() == 0 ? '\0' : *escape.GetData();
}

bool Matches(const LikeFunction& like, const string_t& text, const string_t& pattern,
             std::optional<char> escape, const MatchPause& pause) {
  if (like.kind == Kind::kGlob) {
    return MatchGlob(View(text), View(pattern), pause) != like.is_negated;
  }
  const auto result = MatchLike(View(text), View(pattern), escape, pause);
  if (result == MatchResult::kEndsWithEscape) {
    throw duckdb::SyntaxException("Like pattern must not end with escape character!");
  }
  return (result == MatchResult::kYes) != like.is_negated;
}

void Run(const LikeFunction& like, DataChunk& arguments, ExpressionState& state, Vector& result) {
  const MatchPause pause = [&state] { ThrowIfInterrupted(state); };
  const auto count = arguments.size();
  if (like.has_escape) {
    duckdb::TernaryExecutor::Execute<string_t, string_t, string_t, bool>(
        arguments.data[0], arguments.data[1], arguments.data[2], result, count,
        [&](string_t text, string_t pattern, string_t escape) {
          return Matches(like, text, pattern, EscapeOf(escape), pause);
        });
    return;
  }
  duckdb::BinaryExecutor::Execute<string_t, string_t, bool>(
      arguments.data[0], arguments.data[1], result, count, [&](string_t text, string_t pattern) {
        return Matches(like, text, pattern, std::nullopt, pause);
      });
}

// Puts text and pattern into lower case; the escape, if there is one, stays as it is.
void Lower(const duckdb::scalar_function_t& lower, DataChunk& arguments, ExpressionState& state,
           DataChunk& lowered) {
  lowered.InitializeEmpty(arguments.GetTypes());
  lowered.Reference(arguments);
  for (const duckdb::idx_t column : {0, 1}) {
    DataChunk one;
    one.InitializeEmpty({duckdb::LogicalType::VARCHAR});
    one.data[0].Reference(arguments.data[column]);
    one.SetCardinality(arguments.size());
    Vector text(duckdb::LogicalType::VARCHAR, arguments.size());
    lower(one, state, text);
    lowered.data[column].Reference(text);
  }
}

}  // namespace

duckdb::scalar_function_t LowerFunction(duckdb::ClientContext& context) {
  auto& entry =
      duckdb::Catalog::GetSystemCatalog(context).GetEntry<duckdb::ScalarFunctionCatalogEntry>(
          context, DEFAULT_SCHEMA, "lower");
  return entry.functions.GetFunctionByOffset(0).function;
}

void ReplaceLike(const std::string& name, duckdb::ScalarFunction& function,
                 const duckdb::scalar_function_t& lower) {
  for (const auto& like : kLikeFunctions) {
    if (like.name != name) continue;
    function.statistics = nullptr;  // it would replace the function for texts without Unicode
    function.function = [&like, lower, original = std::move(function.function)](
                            DataChunk& arguments, ExpressionState& state, Vector& result) {
      const auto& expression = state.expr.Cast<duckdb::BoundFunctionExpression>();
      if (expression.bind_info) return original(arguments, state, result);
      if (like.kind != Kind::kIlike) return Run(like, arguments, state, result);
      DataChunk lowered;
      Lower(lower, arguments, state, lowered);
      Run(like, lowered, state, result);
    };
  }
}

}  // namespace arc::engine
