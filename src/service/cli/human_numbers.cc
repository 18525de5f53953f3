#include "service/cli/human_numbers.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace arc::cli {

std::string FormatCount(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (auto end = static_cast<std::ptrdiff_t>(text.size()) - 3; end > 0; end -= 3) {
    text.insert(static_cast<std::size_t>(end), 1, ',');
  }
  return text;
}

std::string FormatBytes(double bytes) {
  constexpr std::array<const char*, 4> kUnits = {"kB", "MB", "GB", "TB"};
  if (bytes < 1000) return fmt::format("{:.0f} B", bytes);
  double value = bytes / 1000;
  std::size_t unit = 0;
  // 999.95 would be shown as 1000.0.
  while (value >= 999.95 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string FormatMilliseconds(double milliseconds) {
  if (milliseconds < 999.95) return fmt::format("{:.1f} ms", milliseconds);
  const double seconds = milliseconds / 1000;
  if (seconds < 59.995) return fmt::format("{:.2f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  return fmt::format("{} min {} s", whole / 60, whole % 60);
}

}  // namespace arc::cli
