#include "query/engine/rules/time_order.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "query/engine/scan/scan_function.h"

namespace arc::engine {
namespace {

using duckdb::BoundColumnRefExpression;
using duckdb::BoundOrderByNode;
using duckdb::ColumnBinding;
using duckdb::Expression;
using duckdb::ExpressionType;
using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;
using duckdb::OrderByNullType;
using duckdb::OrderType;

// The definitions of the statement's CTEs, by their numbers.
using Definitions = std::unordered_map<duckdb::idx_t, LogicalOperator*>;

void CollectDefinitions(LogicalOperator& plan, Definitions& definitions) {
  if (plan.type == LogicalOperatorType::LOGICAL_MATERIALIZED_CTE) {
    definitions[plan.Cast<duckdb::LogicalMaterializedCTE>().table_index] = plan.children[0].get();
  }
  for (const auto& child : plan.children) CollectDefinitions(*child, definitions);
}

// Follows columns from the input of an aggregate down to the scans of measurements. A "source" is
// the operator that a column comes from: a scan, a CTE or a UNION with one time column. Its table
// index names it.
class TimeSource {
 public:
  explicit TimeSource(const Definitions& definitions) : definitions_(definitions) {}

  // The time column of the one source that all columns of `value` come from, as an output of
  // `input`. Adds it to the scan and to the projections between where it is missing.
  std::optional<ColumnBinding> TimeOf(const Expression& value, LogicalOperator& input) const {
    Sources sources;
    AddSources(value, input, sources);
    if (sources.is_unknown || sources.tables.size() != 1) return std::nullopt;
    return Reach(input, *sources.tables.begin());
  }

 private:
  struct Sources {
    std::set<duckdb::idx_t> tables;
    bool is_unknown = false;
  };

  // The children whose columns the operator passes on.
  static std::vector<LogicalOperator*> VisibleChildren(const LogicalOperator& op) {
    switch (op.type) {
      case LogicalOperatorType::LOGICAL_FILTER:
      case LogicalOperatorType::LOGICAL_WINDOW:
        return {op.children[0].get()};
      case LogicalOperatorType::LOGICAL_MATERIALIZED_CTE:
        return {op.children[1].get()};
      case LogicalOperatorType::LOGICAL_COMPARISON_JOIN:
      case LogicalOperatorType::LOGICAL_ANY_JOIN:
      case LogicalOperatorType::LOGICAL_DELIM_JOIN:
      case LogicalOperatorType::LOGICAL_ASOF_JOIN:
        return ChildrenOfJoin(static_cast<const duckdb::LogicalJoin&>(op));
      case LogicalOperatorType::LOGICAL_CROSS_PRODUCT:
      case LogicalOperatorType::LOGICAL_POSITIONAL_JOIN:
        return {op.children[0].get(), op.children[1].get()};
      default:
        return {};
    }
  }

  static std::vector<LogicalOperator*> ChildrenOfJoin(const duckdb::LogicalJoin& join) {
    switch (join.join_type) {
      case duckdb::JoinType::SEMI:
      case duckdb::JoinType::ANTI:
      case duckdb::JoinType::MARK:
        return {join.children[0].get()};
      case duckdb::JoinType::RIGHT_SEMI:
      case duckdb::JoinType::RIGHT_ANTI:
        return {join.children[1].get()};
      default:
        return {join.children[0].get(), join.children[1].get()};
    }
  }

  void AddSources(const Expression& value, LogicalOperator& input, Sources& sources) const {
    duckdb::ExpressionIterator::VisitExpression<BoundColumnRefExpression>(
        value, [&](const BoundColumnRefExpression& column) {
          if (column.depth != 0 || !AddSourcesOf(column.binding, input, sources)) {
            sources.is_unknown = true;
          }
        });
  }

  // False when `binding` is not a column of `op`, or cannot be followed.
  bool AddSourcesOf(const ColumnBinding& binding, LogicalOperator& op, Sources& sources) const {
    switch (op.type) {
      case LogicalOperatorType::LOGICAL_PROJECTION: {
        auto& projection = op.Cast<duckdb::LogicalProjection>();
        if (projection.table_index != binding.table_index) return false;
        AddSources(*op.expressions[binding.column_index], *op.children[0], sources);
        return true;
      }
      case LogicalOperatorType::LOGICAL_GET:
      case LogicalOperatorType::LOGICAL_CTE_REF:
      case LogicalOperatorType::LOGICAL_UNION:
        if (op.GetTableIndex()[0] != binding.table_index || !HasTime(op)) return false;
        sources.tables.insert(binding.table_index);
        return true;
      case LogicalOperatorType::LOGICAL_WINDOW:
        if (op.Cast<duckdb::LogicalWindow>().window_index == binding.table_index) {
          AddSources(*op.expressions[binding.column_index], *op.children[0], sources);
          return true;
        }
        break;
      default:
        break;
    }
    for (auto* child : VisibleChildren(op)) {
      if (AddSourcesOf(binding, *child, sources)) return true;
    }
    return false;
  }

  bool HasTime(LogicalOperator& op) const {
    if (op.type == LogicalOperatorType::LOGICAL_GET) {
      const auto& scan = op.Cast<duckdb::LogicalGet>();
      return IsMeasurementScan(scan) && scan.projection_ids.empty();
    }
    return TimeAmongColumns(op).has_value();
  }

  // The one column of a CTE or a UNION that is a measurement's time, in each of its parts.
  std::optional<ColumnBinding> TimeAmongColumns(LogicalOperator& op) const {
    std::optional<ColumnBinding> found;
    for (const auto& binding : op.GetColumnBindings()) {
      if (!IsTime(op, binding)) continue;
      if (found) return std::nullopt;
      found = binding;
    }
    return found;
  }

  // Whether the column is a measurement's time, unchanged.
  bool IsTime(LogicalOperator& op, const ColumnBinding& binding) const {
    switch (op.type) {
      case LogicalOperatorType::LOGICAL_GET: {
        const auto& scan = op.Cast<duckdb::LogicalGet>();
        return scan.table_index == binding.table_index && IsMeasurementScan(scan) &&
               scan.GetColumnIds()[binding.column_index].GetPrimaryIndex() == kTimeColumn;
      }
      case LogicalOperatorType::LOGICAL_PROJECTION: {
        if (op.Cast<duckdb::LogicalProjection>().table_index != binding.table_index) return false;
        const auto& expression = *op.expressions[binding.column_index];
        return expression.GetExpressionType() == ExpressionType::BOUND_COLUMN_REF &&
               IsTime(*op.children[0], expression.Cast<BoundColumnRefExpression>().binding);
      }
      case LogicalOperatorType::LOGICAL_CTE_REF: {
        const auto& reference = op.Cast<duckdb::LogicalCTERef>();
        const auto definition = definitions_.find(reference.cte_index);
        return reference.table_index == binding.table_index && definition != definitions_.end() &&
               IsTimeAt(*definition->second, binding.column_index);
      }
      case LogicalOperatorType::LOGICAL_UNION:
        return op.GetTableIndex()[0] == binding.table_index &&
               std::ranges::all_of(op.children, [&](const auto& child) {
                 return IsTimeAt(*child, binding.column_index);
               });
      default:
        return std::ranges::any_of(VisibleChildren(op),
                                   [&](auto* child) { return IsTime(*child, binding); });
    }
  }

  bool IsTimeAt(LogicalOperator& op, duckdb::idx_t position) const {
    const auto bindings = op.GetColumnBindings();
    return position < bindings.size() && IsTime(op, bindings[position]);
  }

  std::optional<ColumnBinding> Reach(LogicalOperator& op, duckdb::idx_t table) const {
    switch (op.type) {
      case LogicalOperatorType::LOGICAL_GET: {
        auto& scan = op.Cast<duckdb::LogicalGet>();
        if (scan.table_index != table) return std::nullopt;
        return ColumnBinding(table, PositionOfTime(scan));
      }
      case LogicalOperatorType::LOGICAL_CTE_REF:
      case LogicalOperatorType::LOGICAL_UNION:
        if (op.GetTableIndex()[0] != table) return std::nullopt;
        return TimeAmongColumns(op);
      case LogicalOperatorType::LOGICAL_PROJECTION: {
        const auto below = Reach(*op.children[0], table);
        if (!below) return std::nullopt;
        auto& projection = op.Cast<duckdb::LogicalProjection>();
        return ColumnBinding(projection.table_index, PositionIn(projection, *below));
      }
      default:
        if (op.HasProjectionMap()) return std::nullopt;
        for (auto* child : VisibleChildren(op)) {
          if (const auto time = Reach(*child, table)) return time;
        }
        return std::nullopt;
    }
  }

  static duckdb::idx_t PositionOfTime(duckdb::LogicalGet& scan) {
    const auto& columns = scan.GetColumnIds();
    for (duckdb::idx_t i = 0; i < columns.size(); i++) {
      if (!columns[i].IsVirtualColumn() && columns[i].GetPrimaryIndex() == kTimeColumn) return i;
    }
    scan.AddColumnId(kTimeColumn);
    return columns.size() - 1;
  }

  static duckdb::idx_t PositionIn(duckdb::LogicalProjection& projection,
                                  const ColumnBinding& column) {
    auto& expressions = projection.expressions;
    for (duckdb::idx_t i = 0; i < expressions.size(); i++) {
      if (expressions[i]->GetExpressionType() != ExpressionType::BOUND_COLUMN_REF) continue;
      if (expressions[i]->Cast<BoundColumnRefExpression>().binding == column) return i;
    }
    expressions.push_back(
        duckdb::make_uniq<BoundColumnRefExpression>(duckdb::LogicalType::TIMESTAMP_TZ, column));
    return expressions.size() - 1;
  }

  const Definitions& definitions_;
};

// Orders by time, and rows with the same time by their value, so that the answer is always the
// same.
void AppendOrder(const std::string& name, const ColumnBinding& time, const Expression& value,
                 duckdb::vector<BoundOrderByNode>& orders) {
  const bool is_first = name == "first" || name == "arbitrary" || name == "any_value";
  const auto nulls = name == "last" ? OrderByNullType::NULLS_FIRST : OrderByNullType::NULLS_LAST;
  orders.emplace_back(
      OrderType::ASCENDING, nulls,
      duckdb::make_uniq<BoundColumnRefExpression>(duckdb::LogicalType::TIMESTAMP_TZ, time));
  orders.emplace_back(is_first ? OrderType::DESCENDING : OrderType::ASCENDING, nulls, value.Copy());
}

bool DependsOnOrder(const std::string& name) {
  static const std::unordered_set<std::string> kNames = {"any_value", "arbitrary",    "array_agg",
                                                         "first",     "group_concat", "last",
                                                         "list",      "listagg",      "string_agg"};
  return kNames.contains(name);
}

class TimeOrder {
 public:
  explicit TimeOrder(LogicalOperator& plan) : source_(definitions_) {
    CollectDefinitions(plan, definitions_);
  }

  void Visit(LogicalOperator& op) const {
    for (const auto& child : op.children) Visit(*child);
    if (op.type == LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY) {
      for (const auto& expression : op.expressions) {
        Order(expression->Cast<duckdb::BoundAggregateExpression>(), *op.children[0]);
      }
    }
    if (op.type == LogicalOperatorType::LOGICAL_WINDOW) {
      for (const auto& expression : op.expressions) {
        Order(expression->Cast<duckdb::BoundWindowExpression>(), *op.children[0]);
      }
    }
  }

 private:
  void Order(duckdb::BoundAggregateExpression& aggregate, LogicalOperator& input) const {
    const auto& name = aggregate.function.name;
    const bool has_order = aggregate.order_bys && !aggregate.order_bys->orders.empty();
    if (!DependsOnOrder(name) || has_order || aggregate.children.empty()) return;
    // The distinct values of list() have no time of their own.
    if (aggregate.IsDistinct()) return;
    const auto& value = *aggregate.children[0];
    const auto time = source_.TimeOf(value, input);
    if (!time) return;
    aggregate.order_bys = duckdb::make_uniq<duckdb::BoundOrderModifier>();
    AppendOrder(name, *time, value, aggregate.order_bys->orders);
  }

  void Order(duckdb::BoundWindowExpression& window, LogicalOperator& input) const {
    if (!window.orders.empty() || !window.arg_orders.empty() || window.children.empty()) return;
    const auto& value = *window.children[0];
    const auto time = [&] { return source_.TimeOf(value, input); };
    switch (window.GetExpressionType()) {
      case ExpressionType::WINDOW_AGGREGATE:
        if (!DependsOnOrder(window.aggregate->name) || window.distinct) return;
        if (const auto column = time()) {
          AppendOrder(window.aggregate->name, *column, value, window.arg_orders);
        }
        return;
      case ExpressionType::WINDOW_FIRST_VALUE:
      case ExpressionType::WINDOW_NTH_VALUE:
        if (const auto column = time()) AppendOrder("first", *column, value, window.arg_orders);
        return;
      case ExpressionType::WINDOW_LAST_VALUE:
        if (const auto column = time()) AppendOrder("last", *column, value, window.arg_orders);
        return;
      case ExpressionType::WINDOW_LAG:
      case ExpressionType::WINDOW_LEAD:
        if (const auto column = time()) AppendOrder("list", *column, value, window.orders);
        return;
      default:
        return;
    }
  }

  Definitions definitions_;
  const TimeSource source_;
};

}  // namespace

void RegisterTimeOrder(duckdb::DatabaseInstance& database) {
  duckdb::OptimizerExtension extension;
  extension.pre_optimize_function = [](duckdb::OptimizerExtensionInput&,
                                       duckdb::unique_ptr<LogicalOperator>& plan) {
    TimeOrder(*plan).Visit(*plan);
  };
  duckdb::OptimizerExtension::Register(duckdb::DBConfig::GetConfig(database), extension);
}

}  // namespace arc::engine
