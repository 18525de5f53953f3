#include "query/engine/rules/join_filter_rule.h"

#include <algorithm>
#include <unordered_set>

namespace arc::engine {
namespace {

using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;

// Through these sets the filters of joins reach the scans.
using FilterSets = std::unordered_set<const duckdb::DynamicTableFilterSet*>;

// Whether leaving out rows below the operator changes which of the other rows it returns.
bool ChoosesRows(const LogicalOperator& op) {
  switch (op.type) {
    case LogicalOperatorType::LOGICAL_LIMIT:
    case LogicalOperatorType::LOGICAL_TOP_N:
      return true;
    case LogicalOperatorType::LOGICAL_DISTINCT:
      return op.Cast<duckdb::LogicalDistinct>().distinct_type == duckdb::DistinctType::DISTINCT_ON;
    default:
      return false;
  }
}

// The filter sets of the scans below an operator that chooses rows.
void CollectBelowChoice(const LogicalOperator& op, bool is_below_choice, FilterSets& sets) {
  if (op.type == LogicalOperatorType::LOGICAL_GET && is_below_choice) {
    sets.insert(op.Cast<duckdb::LogicalGet>().dynamic_filters.get());
  }
  for (const auto& child : op.children) {
    CollectBelowChoice(*child, is_below_choice || ChoosesRows(op), sets);
  }
}

void Visit(LogicalOperator& op) {
  for (const auto& child : op.children) Visit(*child);
  switch (op.type) {
    case LogicalOperatorType::LOGICAL_COMPARISON_JOIN:
    case LogicalOperatorType::LOGICAL_DELIM_JOIN:
    case LogicalOperatorType::LOGICAL_ASOF_JOIN:
      break;
    default:
      return;
  }
  const auto& pushdown = op.Cast<duckdb::LogicalComparisonJoin>().filter_pushdown;
  if (!pushdown) return;
  FilterSets sets;
  CollectBelowChoice(*op.children[0], /*is_below_choice=*/false, sets);
  if (sets.empty()) return;
  auto& probes = pushdown->probe_info;
  probes.erase(std::remove_if(probes.begin(), probes.end(),
                              [&sets](const duckdb::JoinFilterPushdownFilter& probe) {
                                return sets.contains(probe.dynamic_filters.get());
                              }),
               probes.end());
}

}  // namespace

void RegisterJoinFilterRule(duckdb::DatabaseInstance& database) {
  duckdb::OptimizerExtension extension;
  extension.optimize_function = [](duckdb::OptimizerExtensionInput&,
                                   duckdb::unique_ptr<LogicalOperator>& plan) { Visit(*plan); };
  duckdb::OptimizerExtension::Register(duckdb::DBConfig::GetConfig(database), extension);
}

}  // namespace arc::engine
