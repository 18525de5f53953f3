#include "query/engine/scan/time_range.h"

#include <algorithm>

namespace arc::engine {
namespace {

using duckdb::ExpressionType;
using duckdb::LogicalTypeId;
using duckdb::TableFilterType;

constexpr TimeRange kEverything;
constexpr TimeRange kNothing{INT64_MAX, INT64_MIN};

bool ToInteger(const duckdb::Value& value, std::int64_t& result) {
  if (value.IsNull()) return false;
  switch (value.type().id()) {
    case LogicalTypeId::TIMESTAMP_TZ:
      result = value.GetValueUnsafe<std::int64_t>();
      return true;
    case LogicalTypeId::UBIGINT:
      result = static_cast<std::int64_t>(std::min<std::uint64_t>(
          value.GetValueUnsafe<std::uint64_t>(), static_cast<std::uint64_t>(INT64_MAX)));
      return true;
    default:
      return false;
  }
}

TimeRange RangeOfComparison(ExpressionType comparison, std::int64_t value) {
  switch (comparison) {
    case ExpressionType::COMPARE_EQUAL:
      return {value, value};
    case ExpressionType::COMPARE_GREATERTHANOREQUALTO:
      return {value, INT64_MAX};
    case ExpressionType::COMPARE_LESSTHANOREQUALTO:
      return {INT64_MIN, value};
    // Exact to the microsecond: `time < 02:00` must not open the file that begins at 02:00.
    case ExpressionType::COMPARE_GREATERTHAN:
      return value == INT64_MAX ? kNothing : TimeRange{value + 1, INT64_MAX};
    case ExpressionType::COMPARE_LESSTHAN:
      return value == INT64_MIN ? kNothing : TimeRange{INT64_MIN, value - 1};
    default:
      return kEverything;
  }
}

TimeRange Unite(const TimeRange& a, const TimeRange& b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high), true};
}

TimeRange RangeOfIn(const duckdb::InFilter& filter) {
  TimeRange range = kNothing;
  for (const auto& item : filter.values) {
    std::int64_t value;
    if (!ToInteger(item, value)) return kEverything;
    range = Unite(range, {value, value});
  }
  return range;
}

TimeRange RangeOfDynamic(const duckdb::DynamicFilter& filter) {
  const auto& data = filter.filter_data;
  if (!data || !data->initialized) return kEverything;
  const std::lock_guard<duckdb::mutex> lock(data->lock);
  return data->filter ? RangeOf(*data->filter) : kEverything;
}

}  // namespace

TimeRange Intersect(const TimeRange& a, const TimeRange& b) {
  return {std::max(a.low, b.low), std::min(a.high, b.high), a.has_gaps || b.has_gaps};
}

TimeRange RangeOf(const duckdb::TableFilter& filter) {
  switch (filter.filter_type) {
    case TableFilterType::CONSTANT_COMPARISON: {
      const auto& comparison = filter.Cast<duckdb::ConstantFilter>();
      std::int64_t value;
      if (!ToInteger(comparison.constant, value)) return kEverything;
      return RangeOfComparison(comparison.comparison_type, value);
    }
    case TableFilterType::CONJUNCTION_AND: {
      TimeRange range = kEverything;
      for (const auto& child : filter.Cast<duckdb::ConjunctionAndFilter>().child_filters) {
        range = Intersect(range, RangeOf(*child));
      }
      return range;
    }
    case TableFilterType::CONJUNCTION_OR: {
      TimeRange range = kNothing;
      for (const auto& child : filter.Cast<duckdb::ConjunctionOrFilter>().child_filters) {
        range = Unite(range, RangeOf(*child));
      }
      return range;
    }
    case TableFilterType::IN_FILTER:
      return RangeOfIn(filter.Cast<duckdb::InFilter>());
    case TableFilterType::OPTIONAL_FILTER: {
      const auto& child = filter.Cast<duckdb::OptionalFilter>().child_filter;
      return child ? RangeOf(*child) : kEverything;
    }
    case TableFilterType::DYNAMIC_FILTER:
      return RangeOfDynamic(filter.Cast<duckdb::DynamicFilter>());
    default:
      return kEverything;
  }
}

duckdb::BaseStatistics TimeStatistics(const TimeSpan& span) {
  using duckdb::timestamp_tz_t;
  using duckdb::Value;
  auto statistics = duckdb::BaseStatistics::CreateEmpty(duckdb::LogicalType::TIMESTAMP_TZ);
  duckdb::NumericStats::SetMin(statistics, Value::TIMESTAMPTZ(timestamp_tz_t(span.min)));
  duckdb::NumericStats::SetMax(statistics, Value::TIMESTAMPTZ(timestamp_tz_t(span.max)));
  statistics.Set(duckdb::StatsInfo::CAN_HAVE_VALID_VALUES);  // by default it has no NULL
  return statistics;
}

}  // namespace arc::engine
