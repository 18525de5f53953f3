// How many bytes of request bodies may be in memory at once, over all connections.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace arc::http {

// Threads: all calls from any thread.
class BodyBudget {
 public:
  explicit BodyBudget(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  // Whether `bytes` more would fit at this moment.
  bool HasRoomFor(std::uint64_t bytes) const {
    const std::uint64_t used = used_.load(std::memory_order_relaxed);
    return used <= bytes_max_ && bytes <= bytes_max_ - used;
  }
  std::uint64_t bytes_used() const { return used_.load(std::memory_order_relaxed); }

 private:
  friend class BodyReservation;

  bool TryTake(std::uint64_t bytes) {
    if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= bytes_max_) return true;
    GiveBack(bytes);
    return false;
  }
  void GiveBack(std::uint64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  const std::uint64_t bytes_max_;
  std::atomic<std::uint64_t> used_{0};
};

// One body's share of the budget, given back on destruction. The budget is shared, not referred to,
// because a request may outlive the server on another part's thread.
class BodyReservation {
 public:
  BodyReservation() = default;
  explicit BodyReservation(std::shared_ptr<BodyBudget> budget) : budget_(std::move(budget)) {}
  BodyReservation(BodyReservation&& other) noexcept
      : budget_(std::move(other.budget_)), bytes_(std::exchange(other.bytes_, 0)) {}
  BodyReservation& operator=(BodyReservation&& other) noexcept {
    std::swap(budget_, other.budget_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~BodyReservation() {
    if (budget_ != nullptr) budget_->GiveBack(bytes_);
  }

  // Takes `bytes` more; false, and nothing is taken, when they don't fit.
  // Requires: constructed with a budget.
  bool Grow(std::uint64_t bytes) {
    if (!budget_->TryTake(bytes)) return false;
    bytes_ += bytes;
    return true;
  }

 private:
  std::shared_ptr<BodyBudget> budget_;
  std::uint64_t bytes_ = 0;
};

}  // namespace arc::http
