#include "service/config/machine.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <thread>

namespace arc::config {
namespace {

// The limit in a control group file, or `otherwise` when there is none ("max", or no such file).
std::uint64_t ReadLimit(const char* path, std::uint64_t otherwise) {
  std::ifstream file(path);
  std::uint64_t limit = 0;
  return file >> limit ? limit : otherwise;
}

}  // namespace

Machine ThisMachine() {
  Machine machine;
  machine.cores = std::max(1U, std::thread::hardware_concurrency());
  machine.memory_bytes = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                         static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  for (const char* path :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    machine.memory_bytes = std::min(machine.memory_bytes, ReadLimit(path, machine.memory_bytes));
  }
  return machine;
}

}  // namespace arc::config
