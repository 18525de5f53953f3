#include "query/engine/guard/timed_aggregates.h"

#include <optional>

namespace arc::engine {
namespace {

using duckdb::OrderByNode;
using duckdb::OrderByNullType;
using duckdb::OrderType;
using Arguments = duckdb::vector<duckdb::unique_ptr<duckdb::ParsedExpression>>;
using Orders = duckdb::vector<OrderByNode>;

// Removes the second argument and orders by it instead.
void Rewrite(bool is_last, Arguments& arguments, Orders& orders) {
  const auto nulls = is_last ? OrderByNullType::NULLS_FIRST : OrderByNullType::NULLS_LAST;
  orders.emplace_back(OrderType::ASCENDING, nulls, std::move(arguments[1]));
  arguments.pop_back();
  orders.emplace_back(is_last ? OrderType::ASCENDING : OrderType::DESCENDING, nulls,
                      arguments[0]->Copy());
}

// True for last, false for first; nullopt for other functions, and when there is an order already.
std::optional<bool> IsLast(const std::string& written, const Arguments& arguments,
                           const Orders& orders) {
  if (arguments.size() != 2 || !orders.empty()) return std::nullopt;
  if (duckdb::StringUtil::CIEquals(written, "last")) return true;
  if (duckdb::StringUtil::CIEquals(written, "first")) return false;
  return std::nullopt;
}

}  // namespace

void TimedAggregates::OnExpression(duckdb::ParsedExpression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::FUNCTION) return;
  auto& function = expression.Cast<duckdb::FunctionExpression>();
  if (!function.order_bys) function.order_bys = duckdb::make_uniq<duckdb::OrderModifier>();
  auto& orders = function.order_bys->orders;
  const auto is_last = IsLast(function.function_name, function.children, orders);
  if (!is_last) return;
  // DISTINCT does not change which row is the earliest, so drop it.
  function.distinct = false;
  Rewrite(*is_last, function.children, orders);
}

}  // namespace arc::engine
