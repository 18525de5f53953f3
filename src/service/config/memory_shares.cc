#include "service/config/memory_shares.h"

#include <algorithm>

namespace arc::config {
namespace {

constexpr std::uint64_t kMegabyte = 1024 * 1024;
constexpr std::uint64_t kGigabyte = 1024 * kMegabyte;

std::uint64_t Or(std::uint64_t set, std::uint64_t otherwise) { return set > 0 ? set : otherwise; }

// In whole megabytes, which people can read.
std::uint64_t Share(std::uint64_t bytes, std::uint64_t min, std::uint64_t max) {
  return std::clamp(bytes / kMegabyte * kMegabyte, min, max);
}

}  // namespace

MemoryShares SharesOf(const Config& config) {
  const auto limit = config.server.memory_limit;
  MemoryShares shares;
  shares.engine = config.database.memory_limit;
  shares.rows = Or(config.ingest.memory_budget, Share(limit / 8, kMegabyte, 8 * kGigabyte));
  shares.readers =
      Or(config.query.reader_memory_budget, Share(limit / 16, kMegabyte, 4 * kGigabyte));
  shares.bodies =
      Or(config.server.max_inflight_body_bytes, Share(limit / 8, kMegabyte, 2 * kGigabyte));
  // An idle server has about 100 MB, most of it program text.
  shares.program = Share(limit / 20, 128 * kMegabyte, kGigabyte);
  return shares;
}

std::uint64_t QueryBytesOf(const Config& config) {
  const auto shares = SharesOf(config);
  const auto wanted = shares.engine + std::max(shares.engine / 4, 64 * kMegabyte);
  const auto taken = std::min(shares.all_but_engine(), config.server.memory_limit);
  return std::max(shares.engine, std::min(wanted, config.server.memory_limit - taken));
}

std::uint64_t DefaultEngineBytes(const Machine& machine, const Config& config) {
  const auto limit = config.server.memory_limit;
  const auto left = limit - std::min(limit, SharesOf(config).all_but_engine());
  const auto wanted = std::clamp<std::uint64_t>(machine.cores, 1, 32) * kGigabyte;
  return Share(std::min(wanted, left / 5 * 4), 64 * kMegabyte, wanted);
}

}  // namespace arc::config
