// A time zone's offsets from UTC between the years 1 and 9999, as a table. The table is made once
// for each zone from DuckDB's own zone data, so its answers agree with those of DuckDB's functions;
// reading it is as fast as plain arithmetic.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "foundation/base/mutex.h"
#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// Times are microseconds since 1970, in UTC or ("local") as the zone's clocks show them.
// Threads: immutable.
class ZoneOffsets {
 public:
  // From `start` on the offset is `offset`, which is added to UTC.
  struct Period {
    std::int64_t start;
    std::int64_t offset;
  };

  // `periods` is sorted and not empty; the first one also counts for all times before it. After
  // kTableEnd, the 400 years before kTableEnd repeat.
  explicit ZoneOffsets(std::vector<Period> periods) : periods_(std::move(periods)) {}

  std::int64_t OffsetAt(std::int64_t utc) const;

  // The first moment whose local time is `local`. If the clocks never showed it because they were
  // put forward, the moment when they were put forward.
  std::int64_t FirstInstantOf(std::int64_t local) const;

  static constexpr std::int64_t kDay = 86'400'000'000;
  static constexpr std::int64_t kTableStart = -43'829 * kDay;      // 1850
  static constexpr std::int64_t kTableEnd = 193'576 * kDay;        // 2500
  static constexpr std::int64_t kGregorianCycle = 146'097 * kDay;  // 400 years, whole weeks

 private:
  std::size_t PeriodAt(std::int64_t utc) const;

  std::vector<Period> periods_;
};

// The zones that queries have asked for. Threads: any.
class ZoneCache {
 public:
  // Takes about 50 ms the first time. Throws DuckDB's exceptions, for example when the zone is
  // unknown.
  std::shared_ptr<const ZoneOffsets> Find(duckdb::ClientContext& context, const std::string& zone);

 private:
  static constexpr std::size_t kZonesMax = 100;

  Mutex mutex_;
  std::map<std::string, std::shared_ptr<const ZoneOffsets>> zones_ GUARDED_BY(mutex_);
};

}  // namespace arc::engine
