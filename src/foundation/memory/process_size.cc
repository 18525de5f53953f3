#include "foundation/memory/process_size.h"

#include <unistd.h>

#include <charconv>
#include <fstream>
#include <string>

namespace arc::memory {

std::uint64_t ResidentBytesIn(std::string_view statm, std::uint64_t page_bytes) {
  // "size resident shared text lib data dt"
  const auto space = statm.find(' ');
  if (space == std::string_view::npos) return 0;
  statm.remove_prefix(space + 1);
  std::uint64_t pages = 0;
  const auto parsed = std::from_chars(statm.data(), statm.data() + statm.size(), pages);
  return parsed.ec == std::errc() ? pages * page_bytes : 0;
}

std::uint64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  std::string line;
  std::getline(file, line);
  return ResidentBytesIn(line, static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
}

}  // namespace arc::memory
