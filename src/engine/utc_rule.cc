#include "engine/utc_rule.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <unordered_set>

#include "engine/query_context.h"

namespace arc::engine {
namespace {

using duckdb::DatePartSpecifier;
using duckdb::Expression;
using duckdb::LogicalType;
using duckdb::unique_ptr;

using Names = std::unordered_set<std::string>;
using Arguments = duckdb::vector<unique_ptr<Expression>>;

// Both types are microseconds since 1970 in 64 bits: the vector is taken as it is.
void Reinterpret(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
  result.Reinterpret(arguments.data[0]);
}

unique_ptr<Expression> Reinterpreted(unique_ptr<Expression> child) {
  const bool to_plain = child->return_type == LogicalType::TIMESTAMP_TZ;
  const auto from = child->return_type;
  const LogicalType to = to_plain ? LogicalType::TIMESTAMP : LogicalType::TIMESTAMP_TZ;
  duckdb::ScalarFunction function(to_plain ? "as_plain" : "as_utc", {from}, to, Reinterpret);
  Arguments arguments;
  arguments.push_back(std::move(child));
  return duckdb::make_uniq<duckdb::BoundFunctionExpression>(to, function, std::move(arguments),
                                                            nullptr);
}

// The text of a constant VARCHAR argument; null for anything else.
const std::string* ConstantText(const Expression& argument) {
  if (argument.GetExpressionClass() != duckdb::ExpressionClass::BOUND_CONSTANT) return nullptr;
  const auto& value = argument.Cast<duckdb::BoundConstantExpression>().value;
  if (value.IsNull() || value.type().id() != duckdb::LogicalTypeId::VARCHAR) return nullptr;
  return &duckdb::StringValue::Get(value);
}

bool IsPart(const Arguments& arguments, std::initializer_list<DatePartSpecifier> parts,
            bool listed) {
  const auto* text = ConstantText(*arguments[0]);
  DatePartSpecifier part;
  if (text == nullptr || !duckdb::TryGetDatePartSpecifier(*text, part)) return false;
  return (std::find(parts.begin(), parts.end(), part) != parts.end()) == listed;
}

// Whether the twin of the function gives the same answers with these arguments, from year 1 on.
// (ICU loses the sign of earlier years.) Stays DuckDB's: epoch, of which ICU rounds the fraction
// otherwise; date_sub and time - time, which count days otherwise across months and signs.
bool HasTwin(const std::string& name, const Arguments& arguments) {
  using Part = DatePartSpecifier;
  static const Names kOfOneTime = {
      "century",   "day",      "dayname",     "dayofmonth", "dayofweek",
      "dayofyear", "era",      "hour",        "isodow",     "isoyear",
      "julian",    "last_day", "microsecond", "millennium", "millisecond",
      "minute",    "month",    "monthname",   "quarter",    "second",
      "week",      "weekday",  "weekofyear",  "year",       "yearweek",
  };
  if (kOfOneTime.count(name) != 0) return arguments.size() == 1;
  if (name == "date_part" || name == "datepart") {
    return IsPart(arguments, {Part::EPOCH, Part::DECADE}, /*listed=*/false);
  }
  if (name == "date_trunc" || name == "datetrunc") {
    return IsPart(arguments, {Part::CENTURY, Part::DECADE, Part::MILLENNIUM}, /*listed=*/false);
  }
  if (name == "date_diff" || name == "datediff") {
    return IsPart(arguments,
                  {Part::YEAR, Part::MONTH, Part::WEEK, Part::DAY, Part::HOUR, Part::MINUTE,
                   Part::SECOND, Part::MILLISECONDS, Part::MICROSECONDS},
                  /*listed=*/true);
  }
  if (name == "strftime") {
    const auto* format = ConstantText(*arguments[1]);
    return format != nullptr && format->find("%Z") == std::string::npos;  // the zone's name
  }
  if (name == "time_bucket") {
    // With a time zone as the third argument it is about another calendar.
    return arguments.size() < 3 || arguments[2]->return_type != LogicalType::VARCHAR;
  }
  if (name == "+" || name == "-") {
    return arguments.size() == 2 && (arguments[0]->return_type == LogicalType::INTERVAL ||
                                     arguments[1]->return_type == LogicalType::INTERVAL);
  }
  return name == "age" && arguments.size() == 2;
}

class UtcRule : public duckdb::LogicalOperatorVisitor {
 public:
  explicit UtcRule(duckdb::ClientContext& context) : context_(context) {}

  unique_ptr<Expression> VisitReplace(duckdb::BoundFunctionExpression& function,
                                      unique_ptr<Expression>*) override {
    bool takes_utc = false;
    for (const auto& child : function.children) {
      takes_utc = takes_utc || child->return_type == LogicalType::TIMESTAMP_TZ;
    }
    if (!takes_utc || !HasTwin(function.function.name, function.children)) return nullptr;
    VisitExpressionChildren(function);  // the visitor does so itself only when nothing is replaced
    Arguments arguments;
    for (const auto& child : function.children) {
      auto argument = child->Copy();
      if (argument->return_type == LogicalType::TIMESTAMP_TZ) {
        argument = Reinterpreted(std::move(argument));
      }
      arguments.push_back(std::move(argument));
    }
    return BindTwin(function, std::move(arguments));
  }

  unique_ptr<Expression> VisitReplace(duckdb::BoundCastExpression& cast,
                                      unique_ptr<Expression>*) override {
    const auto& from = cast.child->return_type;
    const auto& to = cast.return_type;
    if (from == LogicalType::TIMESTAMP_TZ && to == LogicalType::DATE) {
      VisitExpressionChildren(cast);
      return duckdb::BoundCastExpression::AddCastToType(context_, Reinterpreted(cast.child->Copy()),
                                                        LogicalType::DATE, cast.try_cast);
    }
    const bool is_same_instant =
        (from == LogicalType::TIMESTAMP_TZ && to == LogicalType::TIMESTAMP) ||
        (from == LogicalType::TIMESTAMP && to == LogicalType::TIMESTAMP_TZ);
    if (!is_same_instant) return nullptr;
    VisitExpressionChildren(cast);
    return Reinterpreted(cast.child->Copy());
  }

 private:
  // Null when there is no function of that name with these arguments and the same type of result.
  unique_ptr<Expression> BindTwin(const duckdb::BoundFunctionExpression& function,
                                  Arguments arguments) {
    duckdb::FunctionBinder binder(context_);
    duckdb::ErrorData error;
    auto twin = binder.BindScalarFunction(DEFAULT_SCHEMA, function.function.name,
                                          std::move(arguments), error, function.is_operator);
    if (!twin) return nullptr;
    if (function.return_type == LogicalType::TIMESTAMP_TZ &&
        twin->return_type == LogicalType::TIMESTAMP) {
      twin = Reinterpreted(std::move(twin));
    }
    if (twin->return_type != function.return_type) return nullptr;
    twin->SetAlias(function.GetAlias());
    return twin;
  }

  duckdb::ClientContext& context_;
};

}  // namespace

void RegisterUtcRule(duckdb::DatabaseInstance& database) {
  duckdb::OptimizerExtension extension;
  extension.pre_optimize_function = [](duckdb::OptimizerExtensionInput& input,
                                       unique_ptr<duckdb::LogicalOperator>& plan) {
    const auto query = QueryContext::Of(input.context);
    if (query && !query->has_utc()) return;
    UtcRule(input.context).VisitOperator(*plan);
  };
  duckdb::OptimizerExtension::Register(duckdb::DBConfig::GetConfig(database), extension);
}

}  // namespace arc::engine
