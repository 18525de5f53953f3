#include "service/http/message.h"

#include <algorithm>

#include "foundation/base/check.h"
#include "foundation/text/ascii.h"
#include "foundation/text/parse_number.h"

namespace arc::http {
namespace {

std::optional<std::string_view> Find(const NamedValues& values, std::string_view name) {
  for (const auto& [key, value] : values) {
    if (key == name) return value;
  }
  return std::nullopt;
}

}  // namespace

bool HasHeader(const std::vector<Header>& headers, std::string_view name) {
  return std::ranges::any_of(
      headers, [&](const Header& header) { return EqualIgnoringCase(header.name, name); });
}

std::string_view Request::HeaderValue(std::string_view name) const {
  for (const auto& header : headers) {
    if (EqualIgnoringCase(header.name, name)) return header.value;
  }
  return {};
}

std::optional<std::string_view> Request::QueryValue(std::string_view name) const {
  return Find(query, name);
}

std::string_view Request::PathParameter(std::string_view name) const {
  const auto value = Find(path_parameters, name);
  CHECK(value.has_value(), "BUG: a handler asked for a path parameter its route does not have");
  return *value;
}

std::int64_t Request::PathId(std::string_view name) const {
  return ParseNumber<std::int64_t>(PathParameter(name)).value_or(0);
}

}  // namespace arc::http
