// What tokens have used of what their policies allow.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "access/auth/policy.h"
#include "foundation/base/mutex.h"
#include "foundation/time/clock.h"

namespace arc::auth {

// Why not, and when to come back.
struct UsageRefusal {
  std::string message;
  std::chrono::seconds retry_after{};
};

struct Usage {
  std::int64_t queries_this_hour = 0;
  std::int64_t queries_this_day = 0;
  std::int64_t hour_reset_at = 0;  // microseconds UTC
  std::int64_t day_reset_at = 0;
  std::int64_t requests_this_minute = 0;  // of the sliding windows
  std::int64_t requests_this_hour = 0;
};

// Queries are counted by the clock's hours and days. Requests are counted in a window that slides:
// what was counted in the window before weighs as much as is left of it. A restart begins anew.
//
// Threads: any.
// Memory:  about 150 bytes for each token that has asked a query, or has a policy.
class UsageMeter {
 public:
  explicit UsageMeter(const Clock& clock) : clock_(clock) {}

  // Counts one request or query, unless it is refused. Requests of a token whose policy has no
  // limit on them are not counted: they cost nothing here.
  std::optional<UsageRefusal> CountRequest(std::int64_t token_id, const PolicyLimits& limits);
  std::optional<UsageRefusal> CountQuery(std::int64_t token_id, const PolicyLimits& limits);
  Usage UsageOf(std::int64_t token_id) const;

 private:
  struct Window {
    std::int64_t number = 0;  // since 1970
    std::int64_t count = 0;
    std::int64_t count_before = 0;  // in the window before
  };
  struct Windows {
    Window request_minute, request_hour, query_hour, query_day;
  };
  static void MoveTo(std::int64_t number, Window& window);
  Windows WindowsOf(std::int64_t token_id) const REQUIRES(mutex_);

  const Clock& clock_;
  mutable Mutex mutex_;
  std::unordered_map<std::int64_t, Windows> windows_ GUARDED_BY(mutex_);
};

}  // namespace arc::auth
