#include "query/engine/scan/plan_facts.h"

#include "query/engine/scan/query_context.h"
#include "query/engine/scan/scan_function.h"

namespace arc::engine {
namespace {

std::uint64_t RowsOfAllScans(const duckdb::LogicalOperator& plan) {
  std::uint64_t rows = 0;
  if (plan.type == duckdb::LogicalOperatorType::LOGICAL_GET) {
    rows += RowsToScan(plan.Cast<duckdb::LogicalGet>());
  }
  for (const auto& child : plan.children) rows += RowsOfAllScans(*child);
  return rows;
}

}  // namespace

void RegisterPlanFacts(duckdb::DatabaseInstance& database) {
  duckdb::OptimizerExtension extension;
  extension.optimize_function = [](duckdb::OptimizerExtensionInput& input,
                                   duckdb::unique_ptr<duckdb::LogicalOperator>& plan) {
    const auto query = QueryContext::Of(input.context);
    if (!query) return;
    query->SetPlanFacts({plan->EstimateCardinality(input.context), RowsOfAllScans(*plan)});
  };
  duckdb::OptimizerExtension::Register(duckdb::DBConfig::GetConfig(database), extension);
}

}  // namespace arc::engine
