#include "query/engine/rules/zone_offsets.h"

#include <algorithm>

#include "foundation/base/check.h"

namespace arc::engine {
namespace {

using Period = ZoneOffsets::Period;

constexpr std::int64_t kSecond = 1'000'000;

// Calls DuckDB's timezone(zone, time), which returns the local time.
class Probe {
 public:
  Probe(duckdb::ClientContext& context, const std::string& zone)
      : expression_(Bind(context, zone)), executor_(context, *expression_) {
    times_.Initialize(context, {duckdb::LogicalType::TIMESTAMP_TZ});
  }

  // The offsets at `count` times, at most STANDARD_VECTOR_SIZE, `step` apart.
  std::vector<std::int64_t> Offsets(std::int64_t first, std::int64_t step, std::size_t count) {
    times_.Reset();
    auto* times = duckdb::FlatVector::GetData<std::int64_t>(times_.data[0]);
    const auto at = [&](std::size_t i) { return first + static_cast<std::int64_t>(i) * step; };
    for (std::size_t i = 0; i < count; i++) times[i] = at(i);
    times_.SetCardinality(count);
    duckdb::Vector local(duckdb::LogicalType::TIMESTAMP);
    executor_.ExecuteExpression(times_, local);
    local.Flatten(count);
    std::vector<std::int64_t> offsets;
    for (std::size_t i = 0; i < count; i++) {
      offsets.push_back(duckdb::FlatVector::GetData<std::int64_t>(local)[i] - at(i));
    }
    return offsets;
  }
  std::int64_t Offset(std::int64_t time) { return Offsets(time, 0, 1)[0]; }

 private:
  static duckdb::unique_ptr<duckdb::Expression> Bind(duckdb::ClientContext& context,
                                                     const std::string& zone) {
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> arguments;
    arguments.push_back(duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(zone)));
    arguments.push_back(
        duckdb::make_uniq<duckdb::BoundReferenceExpression>(duckdb::LogicalType::TIMESTAMP_TZ, 0U));
    duckdb::ErrorData error;
    auto bound = duckdb::FunctionBinder(context).BindScalarFunction(DEFAULT_SCHEMA, "timezone",
                                                                    std::move(arguments), error);
    if (!bound) error.Throw();
    return bound;
  }

  const duckdb::unique_ptr<duckdb::Expression> expression_;
  duckdb::ExpressionExecutor executor_;
  duckdb::DataChunk times_;
};

// The first whole second in (before, after] with another offset than at `before`.
std::int64_t FindChange(Probe& probe, std::int64_t before, std::int64_t after) {
  const auto old_offset = probe.Offset(before);
  while (after - before > kSecond) {
    const auto middle = before + (after - before) / (2 * kSecond) * kSecond;
    (probe.Offset(middle) == old_offset ? before : after) = middle;
  }
  return after;
}

// Looks once in each `step`, until `end`, whether the offset has changed.
void AddChanges(Probe& probe, std::int64_t step, std::int64_t end, std::int64_t& at,
                std::vector<Period>& periods) {
  while (at < end) {
    const auto offsets = probe.Offsets(at + step, step, STANDARD_VECTOR_SIZE);
    for (const auto offset : offsets) {
      if (at >= end) return;
      // Rarely there are two changes between two looks: then search on from the first one.
      for (auto from = at; offset != periods.back().offset;) {
        from = FindChange(probe, from, at + step);
        periods.push_back({from, probe.Offset(from)});
      }
      at += step;
    }
  }
}

std::vector<Period> PeriodsOf(duckdb::ClientContext& context, const std::string& zone) {
  Probe probe(context, zone);
  auto at = ZoneOffsets::kTableStart;
  std::vector<Period> periods{{at, probe.Offset(at)}};
  // In the past some summer times lasted only days (wars, fasts), so look every day; rules for the
  // future change twice a year.
  constexpr auto kRulesOnly = 25'567 * ZoneOffsets::kDay;  // 2040
  AddChanges(probe, ZoneOffsets::kDay, kRulesOnly, at, periods);
  AddChanges(probe, 10 * ZoneOffsets::kDay, ZoneOffsets::kTableEnd, at, periods);
  return periods;
}

// How far to move a time back so that it is within the table.
std::int64_t CyclesBehind(std::int64_t time) {
  if (time < ZoneOffsets::kTableEnd) return 0;
  const auto cycles = (time - ZoneOffsets::kTableEnd) / ZoneOffsets::kGregorianCycle + 1;
  return cycles * ZoneOffsets::kGregorianCycle;
}

}  // namespace

std::size_t ZoneOffsets::PeriodAt(std::int64_t utc) const {
  const auto later =
      std::upper_bound(periods_.begin(), periods_.end(), utc,
                       [](std::int64_t time, const Period& period) { return time < period.start; });
  return later == periods_.begin() ? 0 : static_cast<std::size_t>(later - periods_.begin()) - 1;
}

std::int64_t ZoneOffsets::OffsetAt(std::int64_t utc) const {
  return periods_[PeriodAt(utc - CyclesBehind(utc))].offset;
}

std::int64_t ZoneOffsets::FirstInstantOf(std::int64_t local) const {
  const auto cycles = CyclesBehind(local);
  const auto wanted = local - cycles;
  // Offsets are never more than a day.
  auto period = PeriodAt(wanted - kDay);
  for (;; period++) {
    const auto instant = wanted - periods_[period].offset;
    const bool is_last = period + 1 == periods_.size();
    if (!is_last && instant >= periods_[period + 1].start) continue;
    return std::max(instant, period == 0 ? instant : periods_[period].start) + cycles;
  }
}

std::shared_ptr<const ZoneOffsets> ZoneCache::Find(duckdb::ClientContext& context,
                                                   const std::string& zone) {
  {
    const MutexLock lock(mutex_);
    const auto found = zones_.find(zone);
    if (found != zones_.end()) return found->second;
  }
  auto made = std::make_shared<const ZoneOffsets>(PeriodsOf(context, zone));
  const MutexLock lock(mutex_);
  if (zones_.size() >= kZonesMax) zones_.erase(zones_.begin());
  zones_[zone] = made;
  return made;
}

}  // namespace arc::engine
