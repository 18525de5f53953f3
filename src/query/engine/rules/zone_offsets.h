// What a time zone's clocks show: its offsets from UTC between year 1 and 9999, as a table. The
// source is the zone data that DuckDB brings along, asked once a zone; so an answer from the table
// and one from DuckDB's own functions agree, and reading the table is as fast as plain arithmetic.

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

  // `periods` is not empty and sorted; the first one counts for all times before it. The rules at
  // its end are those of the 400 years before kTableEnd, again and again.
  explicit ZoneOffsets(std::vector<Period> periods) : periods_(std::move(periods)) {}

  std::int64_t OffsetAt(std::int64_t utc) const;

  // The first instant whose local time is `local`. Where clocks were put forward and never showed
  // it, the instant when they were.
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
  // Takes some 50 ms the first time. Throws what DuckDB throws, when the zone is unknown for
  // example.
  std::shared_ptr<const ZoneOffsets> Find(duckdb::ClientContext& context, const std::string& zone);

 private:
  static constexpr std::size_t kZonesMax = 100;

  Mutex mutex_;
  std::map<std::string, std::shared_ptr<const ZoneOffsets>> zones_ GUARDED_BY(mutex_);
};

}  // namespace arc::engine
