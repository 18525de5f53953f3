// Counters and gauges of the server, and their Prometheus text exposition (format 0.0.4,
// https://prometheus.io/docs/instrumenting/exposition_formats/).
//
// Lifetime: the registry is owned by Server and outlives everything that counts.
// Threads:  instruments may be changed from any thread; registering takes a lock and is for
//           construction, not for hot paths.

#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "foundation/base/mutex.h"

namespace arc {

// A count that only rises.
class Counter {
 public:
  void Add(std::uint64_t amount = 1) { value_.fetch_add(amount, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Durations in seconds, in fixed buckets from 0.1 ms (a sync of a good disk) to 10 s.
class Histogram {
 public:
  static constexpr std::array<double, 16> kBounds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                                     0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                                     1,      2.5,     5,      10};
  void Observe(double seconds);

 private:
  friend class Metrics;
  std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> buckets_{};
  std::atomic<std::uint64_t> sum_micros_{0};
};

class Metrics {
 public:
  // Both return the same instrument when called again with the same name and labels.
  // `labels` is the text between the braces, for example `path="arrow_ipc"`, or empty.
  Counter& AddCounter(const std::string& name, const std::string& help,
                      const std::string& labels = "");
  Histogram& AddHistogram(const std::string& name, const std::string& help);
  // `read` is called for every exposition, on the thread that asks, and must outlive the registry.
  void AddGauge(const std::string& name, const std::string& help, std::function<double()> read);
  // The same for a number that only rises and is counted elsewhere.
  void AddReadCounter(const std::string& name, const std::string& help,
                      std::function<double()> read);

  std::string PrometheusText() const;

 private:
  struct Instrument {
    std::string name, help, labels;
    Counter counter;
    Histogram histogram;
    std::function<double()> read;  // instead of `counter`
    bool is_gauge = false;
    bool is_histogram = false;
  };

  Instrument& FindOrAddLocked(const std::string& name, const std::string& help,
                              const std::string& labels) REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::deque<Instrument> instruments_ GUARDED_BY(mutex_);  // stable addresses
};

}  // namespace arc
