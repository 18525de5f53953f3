#include "foundation/text/closest_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

#include "foundation/text/ascii.h"

namespace arc {
namespace {

// How many characters must be inserted, removed or replaced to make one of the other. Case does
// not count.
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (LowerCase(a[i]) == LowerCase(b[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string DidYouMean(std::string_view typed, std::span<const std::string> names) {
  const std::string* closest = nullptr;
  std::size_t distance_max = std::max<std::size_t>(1, typed.size() / 3);
  for (const auto& name : names) {
    const auto distance = EditDistance(typed, name);
    if (distance > distance_max || (closest != nullptr && distance == distance_max)) continue;
    closest = &name;
    distance_max = distance;
  }
  return closest == nullptr ? "" : fmt::format(" (did you mean '{}'?)", *closest);
}

}  // namespace arc
