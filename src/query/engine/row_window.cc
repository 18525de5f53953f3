#include "query/engine/row_window.h"

#include <algorithm>

namespace arc::engine {
namespace {

duckdb::unique_ptr<duckdb::ParsedExpression> Number(std::uint64_t value) {
  constexpr auto kMax = static_cast<std::uint64_t>(INT64_MAX);
  return duckdb::make_uniq<duckdb::ConstantExpression>(
      duckdb::Value::BIGINT(static_cast<std::int64_t>(std::min(value, kMax))));
}

}  // namespace

bool PushDownRowWindow(duckdb::SQLStatement& statement, std::uint64_t offset,
                       std::optional<std::uint64_t> limit) {
  if (statement.type != duckdb::StatementType::SELECT_STATEMENT) return false;
  auto& node = *statement.Cast<duckdb::SelectStatement>().node;
  const bool has_limit =
      std::any_of(node.modifiers.begin(), node.modifiers.end(), [](const auto& modifier) {
        return modifier->type == duckdb::ResultModifierType::LIMIT_MODIFIER ||
               modifier->type == duckdb::ResultModifierType::LIMIT_PERCENT_MODIFIER;
      });
  if (has_limit) return false;
  auto window = duckdb::make_uniq<duckdb::LimitModifier>();
  if (limit) window->limit = Number(*limit);
  if (offset > 0) window->offset = Number(offset);
  node.modifiers.push_back(std::move(window));
  return true;
}

}  // namespace arc::engine
