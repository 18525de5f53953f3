#include "access/auth/request_limits.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <functional>
#include <string>

namespace arc::auth {
namespace {

std::unique_ptr<RateLimiter> Make(std::uint64_t count, double seconds, const Clock& clock) {
  if (count == 0) return nullptr;
  const auto burst = static_cast<double>(count);
  return std::make_unique<RateLimiter>(burst / seconds, burst, clock);
}

// Whoever has an IPv6 address has a network of 2^64 of them: that counts as one.
std::uint64_t KeyOf(std::string_view address) {
  if (address.find(':') == std::string_view::npos) return std::hash<std::string_view>()(address);
  constexpr std::size_t kNetworkBytes = 8;
  in6_addr bytes{};
  if (inet_pton(AF_INET6, std::string(address).c_str(), &bytes) != 1) {
    return std::hash<std::string_view>()(address);
  }
  return std::hash<std::string_view>()({reinterpret_cast<const char*>(&bytes), kNetworkBytes});
}
std::uint64_t KeyOf(const Principal& principal) {
  return static_cast<std::uint64_t>(principal.token_id);
}

std::optional<UsageRefusal> Ask(RateLimiter* limiter, std::uint64_t key, double cost,
                                std::string_view what) {
  if (limiter == nullptr) return std::nullopt;
  const auto wait = limiter->Take(key, cost);
  if (!wait) return std::nullopt;
  return UsageRefusal{fmt::format("Rate limit exceeded: {}", what),
                      std::chrono::ceil<std::chrono::seconds>(*wait)};
}

}  // namespace

RequestLimits::RequestLimits(const RateLimits& limits, const Clock& clock, Metrics& metrics)
    : usage_(clock),
      token_requests_(Make(limits.token_requests_per_second, 1, clock)),
      token_bytes_(Make(limits.token_bytes_per_second, 1, clock)),
      address_requests_(Make(limits.address_requests_per_second, 1, clock)),
      address_bytes_(Make(limits.address_bytes_per_second, 1, clock)),
      failures_(Make(limits.failed_auth_per_minute, 60, clock)),
      throttled_(metrics.AddCounter("arc_requests_throttled_total",
                                    "Requests over a rate limit or a policy.")) {}

std::optional<UsageRefusal> RequestLimits::CountRequest(const Principal& principal,
                                                        std::string_view address) {
  // Bytes cost nothing here: there only must be some left.
  auto refusal = Ask(address_bytes_.get(), KeyOf(address), 0, "bytes a second from this address");
  if (!refusal) {
    refusal =
        Ask(address_requests_.get(), KeyOf(address), 1, "requests a second from this address");
  }
  if (!refusal && principal.token_id != 0) {
    refusal = Ask(token_bytes_.get(), KeyOf(principal), 0, "bytes a second of this token");
    if (!refusal) {
      refusal = Ask(token_requests_.get(), KeyOf(principal), 1, "requests a second of this token");
    }
    if (!refusal) refusal = usage_.CountRequest(principal.token_id, principal.limits);
  }
  if (refusal) throttled_.Add();
  return refusal;
}

void RequestLimits::ChargeBytes(const Principal& principal, std::string_view address,
                                std::uint64_t bytes) {
  const auto cost = static_cast<double>(bytes);
  if (address_bytes_) address_bytes_->Charge(KeyOf(address), cost);
  if (token_bytes_ && principal.token_id != 0) token_bytes_->Charge(KeyOf(principal), cost);
}

std::optional<UsageRefusal> RequestLimits::CountFailure(std::string_view address) {
  auto refusal =
      Ask(failures_.get(), KeyOf(address), 1,
          "too many wrong or expired tokens from this address; a valid one is still accepted "
          "(limits.failed_auth_per_minute)");
  if (refusal) throttled_.Add();
  return refusal;
}

std::optional<UsageRefusal> RequestLimits::CountQuery(const Principal& principal) {
  if (principal.token_id == 0) return std::nullopt;
  auto refusal = usage_.CountQuery(principal.token_id, principal.limits);
  if (refusal) throttled_.Add();
  return refusal;
}

}  // namespace arc::auth
