// How much a token may ask for: its governance policy.

#pragma once

#include <cstdint>

namespace arc::auth {

// Zero is no limit.
struct PolicyLimits {
  std::int64_t requests_per_minute = 0;  // of any kind
  std::int64_t requests_per_hour = 0;
  std::int64_t queries_per_hour = 0;  // by the clock's hours, UTC
  std::int64_t queries_per_day = 0;   // by the clock's days, UTC
  std::int64_t rows_per_query = 0;    // more are cut off, and the answer says so
  std::int64_t query_seconds = 0;     // of computing; past it the query fails

  bool operator==(const PolicyLimits&) const = default;
};

}  // namespace arc::auth
