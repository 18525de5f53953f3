// Which times are believed. A time far ahead is nearly always a number in another unit than its
// reader takes it for, and what is stored in the year 58132 is never found again.

#pragma once

#include <cstdint>
#include <string_view>

#include "foundation/model/column_batch.h"
#include "foundation/model/decoded_body.h"

namespace arc {

// For the rows of one request. Times in microseconds since 1970-01-01T00:00:00Z.
struct TimeLimits {
  std::int64_t min_micros = kTimeMin;  // both are allowed
  std::int64_t max_micros = kTimeMax;
  std::int64_t now_micros = 0;

  bool Allow(std::int64_t micros) const { return micros >= min_micros && micros <= max_micros; }
};

// The settings: times before `min_micros` are refused, and those more than `future_micros_max`
// ahead, by a clock that is believed itself (from 2020 on); 0: the future has no limit.
struct TimeRule {
  std::int64_t min_micros = kTimeMin;
  std::int64_t future_micros_max = 0;

  TimeLimits At(std::int64_t now_micros) const;
};

// "milliseconds" when `number` would be a time near today in that unit: within 40 years, which
// nothing but the right unit gives. Empty when there is none.
std::string_view LikelyUnitOf(double number, std::int64_t now_micros);

// "the time +58132-09-08T00:00:00Z is more than 10 years ahead (ingest.max_future)" and its like,
// with `hint` behind it, which asks for the unit. Requires: !limits.Allow(micros).
Refusal TimeRefusal(std::int64_t micros, const TimeLimits& limits, std::string_view hint);

// The same for a time of which only the microseconds are known: the hint is found by trying what
// the number would be in another unit.
Refusal TimeRefusal(std::int64_t micros, const TimeLimits& limits);

}  // namespace arc
