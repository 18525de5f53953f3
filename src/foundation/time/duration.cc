#include "foundation/time/duration.h"

#include <cstdint>

#include "foundation/text/parse_number.h"

namespace arc {
namespace {

constexpr std::int64_t kSecondsMax = std::int64_t{100} * 366 * 86'400;

std::int64_t SecondsOf(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3'600;
    case 'd':
      return 86'400;
    case 'w':
      return 7 * 86'400;
    default:
      return 0;
  }
}

}  // namespace

std::optional<std::chrono::seconds> ParseDuration(std::string_view text) {
  if (text.size() < 2 || text.front() == '-') return std::nullopt;
  const auto unit = SecondsOf(text.back());
  text.remove_suffix(1);
  const auto count = ParseNumber<std::int64_t>(text);
  if (unit == 0 || !count || *count > kSecondsMax / unit) return std::nullopt;
  return std::chrono::seconds(*count * unit);
}

}  // namespace arc
