#include "query/engine/rules/try_cast_rule.h"

namespace arc::engine {
namespace {

using duckdb::Expression;
using duckdb::unique_ptr;

class TryCastRule : public duckdb::LogicalOperatorVisitor {
 public:
  unique_ptr<Expression> VisitReplace(duckdb::BoundCastExpression& cast,
                                      unique_ptr<Expression>*) override {
    const auto& type = cast.return_type;
    if (!cast.try_cast || !cast.child->return_type.IsNumeric() || !type.IsNumeric()) return nullptr;
    VisitExpressionChildren(cast);  // the visitor itself does so only if nothing is replaced
    auto result = duckdb::make_uniq<duckdb::BoundOperatorExpression>(
        duckdb::ExpressionType::OPERATOR_COALESCE, type);
    result->children.push_back(cast.Copy());
    result->children.push_back(
        duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(type)));
    return result;
  }
};

}  // namespace

void RegisterTryCastRule(duckdb::DatabaseInstance& database) {
  duckdb::OptimizerExtension extension;
  extension.pre_optimize_function = [](duckdb::OptimizerExtensionInput&,
                                       unique_ptr<duckdb::LogicalOperator>& plan) {
    TryCastRule().VisitOperator(*plan);
  };
  duckdb::OptimizerExtension::Register(duckdb::DBConfig::GetConfig(database), extension);
}

}  // namespace arc::engine
