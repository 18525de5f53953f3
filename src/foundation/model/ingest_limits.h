// What a database and its measurements may hold, whichever way rows come in.

#pragma once

#include <cstddef>

namespace arc {

struct IngestLimits {
  std::size_t columns_max = 4096;                       // of a measurement, without `time`
  std::size_t measurements_max = 1'000'000;             // of a database
  std::size_t name_bytes_max = 1024;                    // of a column that is new
  std::size_t value_bytes_max = std::size_t{16} << 20;  // of a string
};

}  // namespace arc
