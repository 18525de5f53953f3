#include "query/engine/rules/window_rule.h"

#include <algorithm>
#include <string>
#include <unordered_set>

namespace arc::engine {
namespace {

using duckdb::BoundWindowExpression;
using duckdb::WindowBoundary;

// Whether only the rounding of the aggregate's result depends on the order. DuckDB itself knows
// only those that do not depend on it at all.
bool IsFreeOfOrder(const duckdb::AggregateFunction& aggregate) {
  if (aggregate.GetOrderDependent() == duckdb::AggregateOrderDependent::NOT_ORDER_DEPENDENT) {
    return true;
  }
  static const std::unordered_set<std::string> kNames = {
      "sum",        "avg",           "mean",    "fsum",          "sumkahan",   "kahan_sum",
      "favg",       "product",       "stddev",  "stddev_samp",   "stddev_pop", "variance",
      "var_samp",   "var_pop",       "sem",     "covar_pop",     "covar_samp", "corr",
      "skewness",   "kurtosis",      "entropy", "kurtosis_pop",  "regr_avgx",  "regr_avgy",
      "regr_count", "regr_slope",    "regr_r2", "regr_sxx",      "regr_sxy",   "regr_syy",
      "bit_and",    "bit_or",        "bit_xor", "bitstring_agg", "histogram",  "count_if",
      "countif",    "regr_intercept"};
  return kNames.contains(aggregate.name);
}

bool IsWholePartition(const BoundWindowExpression& window) {
  const bool is_unordered = window.orders.empty();
  const auto is_edge = [is_unordered](WindowBoundary boundary, WindowBoundary edge) {
    return boundary == edge || (is_unordered && boundary == WindowBoundary::CURRENT_ROW_RANGE);
  };
  return window.exclude_clause == duckdb::WindowExcludeMode::NO_OTHER &&
         is_edge(window.start, WindowBoundary::UNBOUNDED_PRECEDING) &&
         is_edge(window.end, WindowBoundary::UNBOUNDED_FOLLOWING);
}

void SortPartitionsAlone(duckdb::ClientContext& context) {
  // How many rows DuckDB gathers before it sorts them: with 1 it sorts each partition on its own.
  context.config.user_settings.SetUserSetting(
      duckdb::OrderedAggregateThresholdSetting::SettingIndex, duckdb::Value::UBIGINT(1));
}

void AvoidSortOfManyPartitions(duckdb::ClientContext& context, BoundWindowExpression& window) {
  if (!window.aggregate || !IsWholePartition(window)) return;
  if (IsFreeOfOrder(*window.aggregate)) {
    window.orders.clear();
    window.arg_orders.clear();
  } else if (!window.orders.empty() || !window.arg_orders.empty()) {
    SortPartitionsAlone(context);
  }
}

void DropRepeatedKeys(BoundWindowExpression& window) {
  auto& keys = window.partitions;
  auto& statistics = window.partitions_stats;
  for (std::size_t i = 1; i < keys.size();) {
    const auto is_same = [&](const auto& earlier) { return earlier->Equals(*keys[i]); };
    if (std::none_of(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(i), is_same)) {
      i++;
      continue;
    }
    keys.erase(keys.begin() + static_cast<std::ptrdiff_t>(i));
    if (i < statistics.size()) {
      statistics.erase(statistics.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

void TakeOrderOfRank(BoundWindowExpression& window) {
  switch (window.GetExpressionType()) {
    case duckdb::ExpressionType::WINDOW_ROW_NUMBER:
    case duckdb::ExpressionType::WINDOW_RANK:
    case duckdb::ExpressionType::WINDOW_NTILE:
    case duckdb::ExpressionType::WINDOW_PERCENT_RANK:
    case duckdb::ExpressionType::WINDOW_CUME_DIST:
      break;
    default:
      return;
  }
  if (window.arg_orders.empty() || !IsWholePartition(window)) return;
  window.orders = std::move(window.arg_orders);
  window.arg_orders.clear();
}

void OrderMovingFirstValue(BoundWindowExpression& window) {
  if (window.GetExpressionType() != duckdb::ExpressionType::WINDOW_FIRST_VALUE) return;
  if (!window.orders.empty() || window.start == WindowBoundary::UNBOUNDED_PRECEDING) return;
  // To a constant all rows are equal, as without an order.
  window.orders.emplace_back(
      duckdb::OrderType::ASCENDING, duckdb::OrderByNullType::NULLS_LAST,
      duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value::INTEGER(1)));
}

void Visit(duckdb::ClientContext& context, duckdb::LogicalOperator& op) {
  for (const auto& child : op.children) Visit(context, *child);
  if (op.type != duckdb::LogicalOperatorType::LOGICAL_WINDOW) return;
  for (const auto& expression : op.expressions) {
    auto& window = expression->Cast<BoundWindowExpression>();
    AvoidSortOfManyPartitions(context, window);
    DropRepeatedKeys(window);
    TakeOrderOfRank(window);
    OrderMovingFirstValue(window);
  }
}

}  // namespace

void RegisterWindowRule(duckdb::DatabaseInstance& database) {
  duckdb::OptimizerExtension extension;
  extension.pre_optimize_function = [](duckdb::OptimizerExtensionInput& input,
                                       duckdb::unique_ptr<duckdb::LogicalOperator>& plan) {
    Visit(input.context, *plan);
  };
  duckdb::OptimizerExtension::Register(duckdb::DBConfig::GetConfig(database), extension);
}

}  // namespace arc::engine
