// The machine the automatic defaults are computed from.

#pragma once

#include <cstdint>

namespace arc::config {

struct Machine {
  std::uint64_t cores = 1;
  std::uint64_t memory_bytes = 0;  // What a container may use, when that is less than the machine.
};

Machine ThisMachine();

}  // namespace arc::config
