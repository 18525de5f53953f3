#include "foundation/base/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

namespace arc {

void Histogram::Observe(double seconds) {
  const auto bucket = std::lower_bound(kBounds.begin(), kBounds.end(), seconds) - kBounds.begin();
  buckets_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_micros_.fetch_add(static_cast<std::uint64_t>(seconds * 1e6), std::memory_order_relaxed);
}

Metrics::Instrument& Metrics::FindOrAddLocked(const std::string& name, const std::string& help,
                                              const std::string& labels) {
  for (auto& instrument : instruments_) {
    if (instrument.name == name && instrument.labels == labels) return instrument;
  }
  auto& instrument = instruments_.emplace_back();
  instrument.name = name;
  instrument.help = help;
  instrument.labels = labels;
  return instrument;
}

Counter& Metrics::AddCounter(const std::string& name, const std::string& help,
                             const std::string& labels) {
  MutexLock lock(mutex_);
  return FindOrAddLocked(name, help, labels).counter;
}

Histogram& Metrics::AddHistogram(const std::string& name, const std::string& help) {
  MutexLock lock(mutex_);
  auto& instrument = FindOrAddLocked(name, help, "");
  instrument.is_histogram = true;
  return instrument.histogram;
}

void Metrics::AddGauge(const std::string& name, const std::string& help,
                       std::function<double()> read) {
  MutexLock lock(mutex_);
  auto& instrument = FindOrAddLocked(name, help, "");
  instrument.read = std::move(read);
  instrument.is_gauge = true;
}

void Metrics::AddReadCounter(const std::string& name, const std::string& help,
                             std::function<double()> read) {
  MutexLock lock(mutex_);
  FindOrAddLocked(name, help, "").read = std::move(read);
}

std::string Metrics::PrometheusText() const {
  std::string text;
  auto out = std::back_inserter(text);
  std::set<std::string> described;
  MutexLock lock(mutex_);
  for (const auto& item : instruments_) {
    const char* type = item.is_histogram ? "histogram" : item.is_gauge ? "gauge" : "counter";
    if (described.insert(item.name).second) {
      fmt::format_to(out, "# HELP {0} {1}\n# TYPE {0} {2}\n", item.name, item.help, type);
    }
    if (item.is_histogram) {
      std::uint64_t total = 0;
      for (std::size_t i = 0; i <= Histogram::kBounds.size(); i++) {
        total += item.histogram.buckets_[i].load(std::memory_order_relaxed);
        const auto bound =
            i < Histogram::kBounds.size() ? fmt::format("{}", Histogram::kBounds[i]) : "+Inf";
        fmt::format_to(out, "{}_bucket{{le=\"{}\"}} {}\n", item.name, bound, total);
      }
      const auto sum = static_cast<double>(item.histogram.sum_micros_.load()) / 1e6;
      fmt::format_to(out, "{0}_sum {1}\n{0}_count {2}\n", item.name, sum, total);
    } else if (item.read) {
      fmt::format_to(out, "{} {}\n", item.name, item.read());
    } else if (item.labels.empty()) {
      fmt::format_to(out, "{} {}\n", item.name, item.counter.value());
    } else {
      fmt::format_to(out, "{}{{{}}} {}\n", item.name, item.labels, item.counter.value());
    }
  }
  return text;
}

}  // namespace arc
