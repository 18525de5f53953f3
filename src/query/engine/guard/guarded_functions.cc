#include "query/engine/guard/guarded_functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "query/engine/duckdb/interrupt_check.h"
#include "query/engine/guard/allowed_functions.h"
#include "query/engine/guard/function_limits.h"
#include "query/engine/guard/guarded_casts.h"
#include "query/engine/guard/guarded_like.h"
#include "query/engine/guard/json_depth.h"

namespace arc::engine {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::ScalarFunction;
using duckdb::Vector;

// How much may run between two checks for a stop. A step takes about a nanosecond.
constexpr std::uint64_t kStepsMax = 50'000'000;

// What is known about one function and its limits.
struct Guard {
  std::string name;
  ValueLimits limits;
  CallRule rule;
  bool is_recursive;  // it recurses over JSON in its arguments
  bool takes_name;    // it looks up a name from its arguments
  // The function's own callbacks and data, which the guard has replaced.
  duckdb::bind_scalar_function_t bind = nullptr;
  duckdb::bind_scalar_function_extended_t bind_extended = nullptr;
  duckdb::shared_ptr<duckdb::ScalarFunctionInfo> info;
};

// Keeps the guard where the bind callback finds it: a plain function pointer cannot hold anything.
struct GuardInfo : duckdb::ScalarFunctionInfo {
  explicit GuardInfo(std::shared_ptr<const Guard> guard_in) : guard(std::move(guard_in)) {}
  const std::shared_ptr<const Guard> guard;
};

[[noreturn]] void ThrowTooLarge(const std::string& message) {
  throw duckdb::Exception(duckdb::ExceptionType::OBJECT_SIZE, message);
}

void CheckDepth(const Guard& guard, std::string_view text) {
  if (!IsDeepJson(text)) return;
  throw duckdb::InvalidInputException(
      fmt::format("{}: JSON nested deeper than {}", guard.name, kJsonDepthMax));
}

// DuckDB compares a name that it does not find with all names that exist.
void CheckName(const Guard& guard, std::string_view name) {
  if (name.size() <= kFunctionNameBytesMax) return;
  throw duckdb::InvalidInputException(
      fmt::format("{}: nothing has a name of {} bytes", guard.name, name.size()));
}

void CheckTexts(const Guard& guard, const CallArguments& arguments) {
  for (std::size_t i = 0; i < arguments.count(); i++) {
    if (!arguments.IsText(i)) continue;
    for (std::size_t row = 0; row < arguments.row_count(); row++) {
      if (guard.is_recursive) CheckDepth(guard, arguments.Text(i, row));
      if (guard.takes_name) CheckName(guard, arguments.Text(i, row));
    }
  }
}

// Computes the cost of the call, and throws when it is too high. Returns the rows before which to
// check for a stop.
std::vector<std::size_t> CheckCall(const Guard& guard, const CallArguments& arguments) {
  std::vector<std::size_t> row_ends;
  std::uint64_t bytes = 0;
  std::uint64_t steps = 0;
  for (std::size_t row = 0; row < arguments.row_count(); row++) {
    const auto cost = guard.rule.cost(arguments, row);
    if (cost.bytes > guard.limits.value_bytes_max) {
      ThrowTooLarge(fmt::format("{}: a value of up to {} bytes is over query.max_value_size ({})",
                                guard.name, cost.bytes, guard.limits.value_bytes_max));
    }
    bytes += cost.bytes;
    if (bytes > guard.limits.call_bytes_max()) {
      ThrowTooLarge(fmt::format("{}: {} rows need over {} bytes, four times query.max_value_size",
                                guard.name, row + 1, guard.limits.call_bytes_max()));
    }
    if (cost.steps == 0) continue;
    if (cost.steps > kStepsMax) {
      ThrowTooLarge(fmt::format("{}: texts of {} and {} bytes are too long to compare", guard.name,
                                arguments.Bytes(0, row), arguments.Bytes(1, row)));
    }
    steps += cost.steps;
    if (steps > kStepsMax) {
      row_ends.push_back(row);
      steps = cost.steps;
    }
  }
  return row_ends;
}

// Calls the function in parts: for the rows before each of `row_ends`, then for the rest.
void CallInParts(const duckdb::scalar_function_t& function, DataChunk& arguments,
                 ExpressionState& state, Vector& result, std::vector<std::size_t> row_ends) {
  const auto count = arguments.size();
  row_ends.push_back(count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  std::size_t begin = 0;
  for (const auto end : row_ends) {
    ThrowIfInterrupted(state);
    const auto part_count = end - begin;
    if (part_count == 0) continue;
    DataChunk part;
    part.InitializeEmpty(arguments.GetTypes());
    part.Reference(arguments);
    part.Slice(begin, part_count);
    Vector part_result(result.GetType(), part_count);
    function(part, state, part_result);
    duckdb::VectorOperations::Copy(part_result, result, part_count, 0, begin);
    begin = end;
  }
}

// Whether the sizes of the columns alone show that no row needs a check.
bool IsSurelySmall(const Guard& guard, DataChunk& arguments) {
  if (guard.rule.growth == 0 || guard.is_recursive || guard.takes_name) return false;
  const auto most = MostBytesOfARow(arguments);
  const auto value_max = guard.limits.value_bytes_max / guard.rule.growth;
  const auto row_max = guard.limits.call_bytes_max() / guard.rule.growth /
                       std::max<std::uint64_t>(arguments.size(), 1);
  return most <= std::min(value_max, row_max);
}

duckdb::scalar_function_t Guarded(std::shared_ptr<const Guard> guard,
                                  duckdb::scalar_function_t function) {
  return [guard = std::move(guard), function = std::move(function)](
             DataChunk& arguments, ExpressionState& state, Vector& result) {
    ThrowIfInterrupted(state);
    if (IsSurelySmall(*guard, arguments)) return function(arguments, state, result);
    const CallArguments sizes(arguments);
    auto row_ends = CheckCall(*guard, sizes);
    if (guard->is_recursive || guard->takes_name) CheckTexts(*guard, sizes);
    if (row_ends.empty()) return function(arguments, state, result);
    CallInParts(function, arguments, state, result, std::move(row_ends));
  };
}

// A bind callback may evaluate constant arguments, and may replace the function.
template <class CallBind>
duckdb::unique_ptr<duckdb::FunctionData> BindGuarded(
    duckdb::ClientContext& context, ScalarFunction& function,
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& arguments, CallBind call_bind) {
  const auto guard = function.function_info->Cast<GuardInfo>().guard;
  if (guard->is_recursive || guard->takes_name) {
    for (const auto& argument : arguments) {
      if (!argument->IsFoldable()) continue;
      if (argument->return_type.InternalType() != duckdb::PhysicalType::VARCHAR) continue;
      const auto value = duckdb::ExpressionExecutor::EvaluateScalar(context, *argument);
      if (value.IsNull()) continue;
      if (guard->is_recursive) CheckDepth(*guard, duckdb::StringValue::Get(value));
      if (guard->takes_name) CheckName(*guard, duckdb::StringValue::Get(value));
    }
  }
  function.function_info = guard->info;
  auto guarded = std::exchange(function.function, nullptr);
  auto data = call_bind(*guard);
  function.function =
      function.function ? Guarded(guard, std::move(function.function)) : std::move(guarded);
  return data;
}

duckdb::unique_ptr<duckdb::FunctionData> Bind(
    duckdb::ClientContext& context, ScalarFunction& function,
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& arguments) {
  return BindGuarded(context, function, arguments,
                     [&](const Guard& guard) { return guard.bind(context, function, arguments); });
}

duckdb::unique_ptr<duckdb::FunctionData> BindExtended(
    duckdb::ScalarFunctionBindInput& input, ScalarFunction& function,
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& arguments) {
  return BindGuarded(input.binder.context, function, arguments, [&](const Guard& guard) {
    return guard.bind_extended(input, function, arguments);
  });
}

// Whether values of the type differ in size.
bool IsSized(const duckdb::LogicalType& type) {
  switch (type.id()) {
    case duckdb::LogicalTypeId::VARCHAR:
    case duckdb::LogicalTypeId::BLOB:
    case duckdb::LogicalTypeId::BIT:
    case duckdb::LogicalTypeId::LIST:
    case duckdb::LogicalTypeId::ANY:
    case duckdb::LogicalTypeId::TEMPLATE:
    case duckdb::LogicalTypeId::VARIANT:
      return true;
    default:
      return false;
  }
}

bool IsSized(const ScalarFunction& function) {
  return IsSized(function.varargs) ||
         std::any_of(function.arguments.begin(), function.arguments.end(),
                     [](const auto& type) { return IsSized(type); });
}

// Such functions read or write JSON. json_valid takes any text and does not recurse.
bool IsRecursive(const std::string& name) {
  if (name == "json_valid") return false;
  return name.find("json") != std::string::npos || name.find("variant") != std::string::npos;
}

// The name of an aggregate, as in list_aggregate(list, 'sum'), or of a time zone.
bool TakesName(const std::string& name) {
  return name.find("aggr") != std::string::npos || name == "timezone";
}

void PutGuard(const std::string& name, ScalarFunction& function, ValueLimits limits) {
  if (!function.function || (!IsSized(function) && !HasRuleOfItsOwn(name))) return;
  auto guard =
      std::make_shared<Guard>(Guard{name, limits, RuleOf(name), IsRecursive(name), TakesName(name),
                                    function.bind, function.bind_extended, function.function_info});
  function.function = Guarded(guard, std::move(function.function));
  if (function.bind == nullptr && function.bind_extended == nullptr) return;
  if (function.bind != nullptr) function.bind = &Bind;
  if (function.bind_extended != nullptr) function.bind_extended = &BindExtended;
  function.function_info = duckdb::make_shared_ptr<GuardInfo>(std::move(guard));
}

}  // namespace

void GuardFunctions(duckdb::Connection& connection, ValueLimits limits) {
  auto& context = *connection.context;
  context.RunFunctionInTransaction([&] {
    auto& system = duckdb::Catalog::GetSystemCatalog(context);
    const auto lower = LowerFunction(context);
    for (auto& schema : system.GetSchemas(context)) {
      schema.get().Scan(context, duckdb::CatalogType::SCALAR_FUNCTION_ENTRY,
                        [&](duckdb::CatalogEntry& entry) {
                          // Aggregates and macros are kept in the same set.
                          if (entry.type != duckdb::CatalogType::SCALAR_FUNCTION_ENTRY) return;
                          const auto name = duckdb::StringUtil::Lower(entry.name);
                          auto& set = entry.Cast<duckdb::ScalarFunctionCatalogEntry>().functions;
                          for (auto& function : set.functions) {
                            ReplaceLike(name, function, lower);
                            PutGuard(name, function, limits);
                          }
                        });
    }
  });
  GuardCasts(*context.db);
}

}  // namespace arc::engine
