#include "query/engine/guard/guarded_casts.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "query/engine/guard/json_depth.h"

namespace arc::engine {
namespace {

using duckdb::BoundCastData;
using duckdb::BoundCastInfo;
using duckdb::CastParameters;
using duckdb::LogicalType;
using duckdb::Vector;

// DuckDB's own cast, which ours calls.
struct GuardedCast : BoundCastData {
  explicit GuardedCast(BoundCastInfo own_in) : own(std::move(own_in)) {}
  duckdb::unique_ptr<BoundCastData> Copy() const override {
    return duckdb::make_uniq<GuardedCast>(own.Copy());
  }
  BoundCastInfo own;
};

bool Cast(Vector& source, Vector& result, duckdb::idx_t count, CastParameters& parameters) {
  duckdb::UnifiedVectorFormat texts;
  source.ToUnifiedFormat(count, texts);
  for (duckdb::idx_t row = 0; row < count; row++) {
    const auto at = texts.sel->get_index(row);
    if (!texts.validity.RowIsValid(at)) continue;
    const auto& text = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(texts)[at];
    if (!IsDeepJson({text.GetData(), text.GetSize()})) continue;
    throw duckdb::InvalidInputException(
        fmt::format("cast of JSON: nested deeper than {}", kJsonDepthMax));
  }
  auto& own = parameters.cast_data->Cast<GuardedCast>().own;
  CastParameters own_parameters(parameters, own.cast_data.get(), parameters.local_state);
  own_parameters.nullify_parent = parameters.nullify_parent;
  return own.function(source, result, count, own_parameters);
}

duckdb::unique_ptr<duckdb::FunctionLocalState> InitLocalState(
    duckdb::CastLocalStateParameters& parameters) {
  auto& own = parameters.cast_data->Cast<GuardedCast>().own;
  if (own.init_local_state == nullptr) return nullptr;
  duckdb::CastLocalStateParameters own_parameters(parameters, own.cast_data.get());
  return own.init_local_state(own_parameters);
}

// The casts of a DuckDB that we have not changed: a cast of ours hides DuckDB's own in its
// database. Never freed, because at the end of the process DuckDB would free it too late, after
// things that it needs.
duckdb::CastFunctionSet& OwnCasts() {
  static auto& untouched = *[] {
    duckdb::DBConfig config;
    config.SetOptionByName("threads", duckdb::Value::BIGINT(1));
    return new duckdb::DuckDB(nullptr, &config);
  }();
  return duckdb::CastFunctionSet::Get(*untouched.instance);
}

BoundCastInfo OwnCast(duckdb::BindCastInput& input, const LogicalType& source,
                      const LogicalType& target) {
  duckdb::GetCastFunctionInput own_input(input.context);
  own_input.query_location = input.query_location;
  return OwnCasts().GetCastFunction(source, target, own_input);
}

BoundCastInfo BindJson(duckdb::BindCastInput& input, const LogicalType& source,
                       const LogicalType& target) {
  return BoundCastInfo(Cast, duckdb::make_uniq<GuardedCast>(OwnCast(input, source, target)),
                       InitLocalState);
}

}  // namespace

void GuardCasts(duckdb::DatabaseInstance& database) {
  auto& casts = duckdb::CastFunctionSet::Get(database);
  const auto cost =
      OwnCasts().ImplicitCastCost(nullptr, LogicalType::JSON(), LogicalType::VARIANT());
  casts.RegisterCastFunction(LogicalType::JSON(), LogicalType::VARIANT(), BindJson, cost);
}

}  // namespace arc::engine
