#include "service/api/known_parameters.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "foundation/text/closest_name.h"

namespace arc::api {
namespace {

// Of a name in a message.
constexpr std::size_t kShownMax = 64;

bool IsCredential(std::string_view name) { return name == "u" || name == "p"; }

}  // namespace

Result<void> CheckParameters(const http::Request& request, std::string_view who,
                             std::span<const std::string> known) {
  std::set<std::string_view> seen;
  for (const auto& [name, value] : request.query) {
    if (IsCredential(name)) continue;
    if (std::ranges::find(known, name) == known.end()) {
      const auto shown = name.substr(0, kShownMax);
      return Error{ErrorCode::kInvalidInput,
                   fmt::format("unknown parameter '{}'{}: {} takes {}", shown,
                               DidYouMean(shown, known), who, fmt::join(known, ", "))};
    }
    if (!seen.insert(name).second) {
      return Error{ErrorCode::kInvalidInput,
                   fmt::format("the parameter {} is given twice: give it once", name)};
    }
  }
  return {};
}

}  // namespace arc::api
