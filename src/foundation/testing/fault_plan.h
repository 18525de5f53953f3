// Which operation of a FaultyFileSystem goes wrong, and how.

#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "foundation/base/result.h"
#include "foundation/testing/simulated_disk.h"

namespace arc::testing {

enum class CrashMode : std::uint8_t {
  kBefore,  // the operation has no effect
  kTorn,    // it has part of its effect, and that part is durable
};

struct DiskOperation {
  std::uint64_t number = 0;  // from 1
  std::string text;          // "sync /data/wal/1.wal"
  bool is_change = false;    // it changes what is seen or what is durable; else it only reads
};

// Threads: one at a time.
class FaultPlan {
 public:
  struct Crash {
    std::uint64_t number = 0;
    CrashMode mode = CrashMode::kBefore;
    Unsynced unsynced = Unsynced::kDropAll;
  };
  using Hook = std::function<void(const DiskOperation&)>;

  void CrashAt(const Crash& crash) { crash_ = crash; }
  void FailAt(std::uint64_t number, ErrorCode code) { failing_numbers_[number] = code; }
  // Fails every operation whose text contains all of `patterns`.
  void FailEvery(std::vector<std::string> patterns, ErrorCode code) {
    failing_patterns_.emplace_back(std::move(patterns), code);
  }
  void DelayAt(std::uint64_t number, Hook hook) { delays_[number] = std::move(hook); }
  void DelayEvery(std::string pattern, Hook hook) {
    delayed_patterns_.emplace_back(std::move(pattern), std::move(hook));
  }
  void Clear() { *this = FaultPlan(); }

  std::optional<Crash> CrashOf(const DiskOperation& operation) const {
    if (crash_ && crash_->number == operation.number) return crash_;
    return std::nullopt;
  }
  std::optional<ErrorCode> FailureOf(const DiskOperation& operation) const {
    const auto numbered = failing_numbers_.find(operation.number);
    if (numbered != failing_numbers_.end()) return numbered->second;
    for (const auto& [patterns, code] : failing_patterns_) {
      if (Contains(operation.text, patterns)) return code;
    }
    return std::nullopt;
  }
  // Empty when the operation is not delayed.
  Hook DelayOf(const DiskOperation& operation) const {
    const auto numbered = delays_.find(operation.number);
    if (numbered != delays_.end()) return numbered->second;
    for (const auto& [pattern, hook] : delayed_patterns_) {
      if (Contains(operation.text, {pattern})) return hook;
    }
    return {};
  }

 private:
  static bool Contains(const std::string& text, const std::vector<std::string>& patterns) {
    return std::all_of(patterns.begin(), patterns.end(), [&](const auto& pattern) {
      return text.find(pattern) != std::string::npos;
    });
  }

  std::optional<Crash> crash_;
  std::map<std::uint64_t, ErrorCode> failing_numbers_;
  std::vector<std::pair<std::vector<std::string>, ErrorCode>> failing_patterns_;
  std::map<std::uint64_t, Hook> delays_;
  std::vector<std::pair<std::string, Hook>> delayed_patterns_;
};

}  // namespace arc::testing
