#include "service/api/request_parameters.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "foundation/text/closest_name.h"
#include "foundation/text/parse_number.h"

namespace arc::api {
namespace {

// Of a name in a message.
constexpr std::size_t kShownMax = 64;

bool IsCredential(std::string_view name) { return name == "u" || name == "p"; }

}  // namespace

std::string TextIn(const http::Request& request, const char* name) {
  return std::string(request.QueryValue(name).value_or(""));
}

Result<std::uint64_t> NumberIn(const http::Request& request, const char* name, std::uint64_t absent,
                               std::uint64_t most) {
  const auto text = request.QueryValue(name).value_or("");
  if (text.empty()) return absent;
  const auto number = ParseNumber<std::uint64_t>(text);
  if (number && *number <= most) return *number;
  return Invalid(fmt::format("{} must be a whole number from 0 to {}", name, most));
}

Result<void> CheckParameters(const http::Request& request, std::string_view who,
                             std::span<const std::string> known) {
  std::set<std::string_view> seen;
  for (const auto& [name, value] : request.query) {
    if (IsCredential(name)) continue;
    if (std::ranges::find(known, name) == known.end()) {
      const auto shown = name.substr(0, kShownMax);
      return Invalid(fmt::format("unknown parameter '{}'{}: {} takes {}", shown,
                                 DidYouMean(shown, known), who, fmt::join(known, ", ")));
    }
    if (!seen.insert(name).second) {
      return Invalid(fmt::format("the parameter {} is given twice: give it once", name));
    }
  }
  return {};
}

}  // namespace arc::api
