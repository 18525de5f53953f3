#include "foundation/memory/memory_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "foundation/base/log.h"
#include "foundation/memory/allocator_hooks.h"

namespace arc::memory {
namespace {

constexpr std::chrono::milliseconds kLookEvery{100};
constexpr int kLooksBetweenGiveBacks = 10;
// From this share of the limit on, Problem() speaks.
constexpr double kNearShare = 0.95;

std::uint64_t Mebibytes(std::uint64_t bytes) { return bytes >> 20; }

}  // namespace

MemoryWatch::MemoryWatch(Options options, QueryAccount& account,
                         std::function<std::uint64_t()> resident, std::function<void()> give_back,
                         Metrics& metrics)
    : options_(options),
      account_(account),
      resident_(std::move(resident)),
      give_back_(std::move(give_back)) {
  const auto add = [&](const char* name, const char* help, auto read) {
    metrics.AddGauge(name, help, [read] { return static_cast<double>(read()); });
  };
  auto* const of = &account_;
  add("arc_memory_limit_bytes", "server.memory_limit.",
      [most = options_.limit_bytes] { return most; });
  add("arc_memory_resident_bytes", "The process in memory, as the system counts it.",
      [this] { return resident_bytes_.load(std::memory_order_relaxed); });
  add("arc_memory_queries_bytes", "Memory that queries hold, page by page.",
      [of] { return of->used(); });
  add("arc_memory_queries_peak_bytes", "The most that queries have held.",
      [of] { return of->peak(); });
  add("arc_memory_queries_limit_bytes", "Memory that queries may hold at the moment.",
      [of] { return of->limit(); });
  metrics.AddReadCounter("arc_memory_refusals_total",
                         "Requests for memory that were refused to queries.",
                         [of] { return static_cast<double>(of->refusals()); });
  Look();
}

MemoryWatch::~MemoryWatch() {
  {
    MutexLock lock(mutex_);
    is_closed_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.Join();
}

void MemoryWatch::Start() {
  thread_ = Thread("memory-watch", [this] { Loop(); });
}

void MemoryWatch::Loop() {
  for (;;) {
    try {
      Look();
    } catch (const std::exception& exception) {
      LogWarning("memory: no look at the process this time: {}", exception.what());
    }
    MutexLock lock(mutex_);
    if (!is_closed_) changed_.WaitUntil(lock, std::chrono::steady_clock::now() + kLookEvery);
    if (is_closed_) return;
  }
}

void MemoryWatch::Look() {
  const auto resident = resident_();
  resident_bytes_.store(resident, std::memory_order_relaxed);
  const auto is_over = resident > options_.limit_bytes;
  is_over_limit_.store(is_over, std::memory_order_relaxed);
  // A page that a query asked for and has not touched yet is counted in the account, but is not
  // resident. So `rest` may be too small until such pages are touched; it is never too large.
  const auto rest = resident - std::min(resident, account_.used());
  const auto left = options_.limit_bytes - std::min(options_.limit_bytes, rest);
  const auto least = std::min(kQueryBytesMin, options_.query_bytes);
  account_.SetLimit(std::clamp(left, least, options_.query_bytes));
  looks_until_give_back_ = std::max(0, looks_until_give_back_ - 1);
  if (is_over && looks_until_give_back_ == 0) {
    looks_until_give_back_ = kLooksBetweenGiveBacks;
    give_back_();
  }
}

std::optional<std::string> MemoryWatch::Problem() const {
  const auto resident = resident_bytes_.load(std::memory_order_relaxed);
  const auto limit = options_.limit_bytes;
  if (static_cast<double>(resident) < kNearShare * static_cast<double>(limit)) return std::nullopt;
  return fmt::format(
      "memory: the process has {} MiB of the {} MiB of server.memory_limit, {} MiB of it for "
      "queries: {}; raise the limit, or lower what asks for so much",
      Mebibytes(resident), Mebibytes(limit), Mebibytes(account_.used()),
      is_over_limit() ? "writes and queries are refused until it has less"
                      : "queries that need more are refused");
}

void GiveBack() {
  if (allocator_hooks.give_back != nullptr) allocator_hooks.give_back();
}

}  // namespace arc::memory
