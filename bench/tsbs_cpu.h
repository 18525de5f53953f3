// Bodies in the shape of TSBS "cpu-only": 10 tags, 10 integer or float fields, the hosts in turn.

#pragma once

#include <cstdint>
#include <string>

namespace arc::bench {

struct CpuShape {
  std::size_t row_count = 1000;
  std::size_t host_count = 1000;
  std::int64_t first_time_micros = 0;  // hosts report together, every 10 s
};

// Line protocol, times in nanoseconds, fields as decimals with two digits.
std::string CpuLineProtocol(const CpuShape& shape);
// One MessagePack map of columns, times in microseconds.
std::string CpuMsgpackColumns(const CpuShape& shape);

}  // namespace arc::bench
