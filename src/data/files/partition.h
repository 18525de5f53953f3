// Cuts rows in time order into the hours and days that become files. Pure functions; the rule and
// the folders are described in docs/formats/files.md.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "foundation/model/names.h"

namespace arc::files {

// A day whose rows touch more hours than this ...
inline constexpr std::size_t kHoursOfOrdinaryFlush = 2;
// ... with fewer rows an hour on average than this becomes one file. From here on opening an hour's
// file costs less than a fifth of scanning it (measured: one open is worth 10,000 rows).
inline constexpr std::size_t kDenseHourRows = 50'000;

// Rows [row_begin, row_end) of the order, all of one UTC hour or one UTC day.
struct Partition {
  enum class Unit : std::uint8_t { kHour, kDay };

  Unit unit = Unit::kHour;
  std::int64_t index = 0;  // hours or days since 1970-01-01T00:00:00Z, rounded down
  std::size_t row_begin = 0;
  std::size_t row_end = 0;

  bool operator==(const Partition&) const = default;
};

// Covers `times` (microseconds, not falling) without gap or overlap, in order of time.
// Any 64-bit time is legal. O(partitions * log rows).
std::vector<Partition> CutIntoPartitions(std::span<const std::int64_t> times);

// The folder of a partition's files, relative to the storage root: "db/cpu/2026/01/31/23".
std::string PartitionFolder(const MeasurementName& table, const Partition& partition);

}  // namespace arc::files
