// How often and how much may be asked: by token, by address, by the token's policy.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "access/auth/principal.h"
#include "access/auth/rate_limiter.h"
#include "access/auth/usage_meter.h"
#include "foundation/base/metrics.h"
#include "foundation/time/clock.h"

namespace arc::auth {

// Zero is no limit.
struct RateLimits {
  std::uint64_t token_requests_per_second = 0;
  std::uint64_t token_bytes_per_second = 0;  // of request bodies as they are sent
  std::uint64_t address_requests_per_second = 0;
  std::uint64_t address_bytes_per_second = 0;
  std::uint64_t failed_auth_per_minute = 0;  // by address; good tokens pass all the same
};

// A limit by second lets a second's worth through at once. A body is counted when it has come: one
// that is larger than what is left is taken, and the next has to wait.
//
// Threads: any.
class RequestLimits {
 public:
  RequestLimits(const RateLimits& limits, const Clock& clock, Metrics& metrics);

  // Before the body is read. Counts the request unless it is refused.
  std::optional<UsageRefusal> CountRequest(const Principal& principal, std::string_view address);
  void ChargeBytes(const Principal& principal, std::string_view address, std::uint64_t bytes);
  // A wrong or expired token; refused when the address has sent too many of them.
  std::optional<UsageRefusal> CountFailure(std::string_view address);
  // A query, or a page of one.
  std::optional<UsageRefusal> CountQuery(const Principal& principal);

  const UsageMeter& usage() const { return usage_; }

 private:
  using Limiter = std::unique_ptr<RateLimiter>;  // null: no limit

  UsageMeter usage_;
  const Limiter token_requests_, token_bytes_, address_requests_, address_bytes_, failures_;
  Counter& throttled_;
};

}  // namespace arc::auth
