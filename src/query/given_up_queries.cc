#include "query/given_up_queries.h"

#include <fmt/format.h>

#include <algorithm>

namespace arc::query {
namespace {

// More would hide the other problems of /health.
constexpr std::size_t kNamedMax = 5;

}  // namespace

std::vector<std::string> GivenUpQueries::Problems() const {
  MutexLock lock(mutex_);
  if (since_.empty()) return {};
  std::string ids;
  std::size_t named = 0;
  auto oldest = Clock::SteadyTime::max();
  for (const auto& [id, since] : since_) {
    if (named++ < kNamedMax) ids += fmt::format("{}{}", ids.empty() ? "" : ", ", id);
    oldest = std::min(oldest, since);
  }
  if (named > kNamedMax) ids += ", ...";
  const std::chrono::duration<double> longest = std::chrono::steady_clock::now() - oldest;
  return {fmt::format(
      "{} queries do not stop ({} in /api/v1/queries/history), the oldest for {:.0f} s: their "
      "clients were answered, but they keep a core busy when it is free, and memory; a restart of "
      "the server ends them",
      since_.size(), ids, longest.count())};
}

}  // namespace arc::query
