#include "service/http/router.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "foundation/text/ascii.h"

namespace arc::http {
Result<Router> Router::Build(std::vector<Route> routes) {
  Router router;
  for (auto& route : routes) {
    if (!route.pattern.starts_with('/')) {
      return Error{ErrorCode::kInvalidInput, "route pattern must start with /: " + route.pattern};
    }
    auto parts = SplitPattern(route.pattern);
    Entry entry{std::move(route), std::move(parts)};
    for (const auto& other : router.entries_) {
      if (AcceptTheSame(entry, other)) {
        return Error{ErrorCode::kInvalidInput,
                     "two routes for " + entry.route.method + " " + entry.route.pattern};
      }
    }
    router.entries_.push_back(std::move(entry));
  }
  std::stable_sort(router.entries_.begin(), router.entries_.end(), ComesFirst);
  return router;
}

std::vector<Router::Part> Router::SplitPattern(std::string_view pattern) {
  std::vector<Part> parts;
  while (!pattern.empty()) {
    const auto end = std::min(pattern.find('/'), pattern.size());
    const std::string_view part = pattern.substr(0, end);
    if (part.starts_with(':')) {
      parts.push_back({std::string(part.substr(1)), true});
    } else if (!part.empty()) {
      parts.push_back({ToLower(part), false});
    }
    pattern.remove_prefix(std::min(end + 1, pattern.size()));
  }
  return parts;
}

bool Router::ComesFirst(const Entry& left, const Entry& right) {
  return std::lexicographical_compare(
      left.parts.begin(), left.parts.end(), right.parts.begin(), right.parts.end(),
      [](const Part& a, const Part& b) { return !a.is_parameter && b.is_parameter; });
}

bool Router::AcceptTheSame(const Entry& left, const Entry& right) {
  return left.route.method == right.route.method &&
         std::equal(left.parts.begin(), left.parts.end(), right.parts.begin(), right.parts.end(),
                    [](const Part& a, const Part& b) {
                      return a.is_parameter == b.is_parameter && (a.is_parameter || a == b);
                    });
}

bool Router::Matches(const Entry& entry, const std::vector<std::string>& path_parts) {
  return std::equal(entry.parts.begin(), entry.parts.end(), path_parts.begin(), path_parts.end(),
                    [](const Part& part, const std::string& text) {
                      return part.is_parameter || EqualIgnoringCase(part.text, text);
                    });
}

RouteMatch Router::Find(std::string_view method, const std::vector<std::string>& path_parts) const {
  const Entry* entry = FindEntry(method, path_parts);
  if (entry == nullptr && method == "HEAD") entry = FindEntry("GET", path_parts);
  if (entry == nullptr) return DescribeOtherMethods(path_parts);
  RouteMatch match;
  match.route = &entry->route;
  for (std::size_t i = 0; i < path_parts.size(); i++) {
    if (!entry->parts[i].is_parameter) continue;
    match.path_parameters.emplace_back(entry->parts[i].text, path_parts[i]);
  }
  return match;
}

const Router::Entry* Router::FindEntry(std::string_view method,
                                       const std::vector<std::string>& path_parts) const {
  for (const auto& entry : entries_) {
    if (entry.route.method == method && Matches(entry, path_parts)) return &entry;
  }
  return nullptr;
}

RouteMatch Router::DescribeOtherMethods(const std::vector<std::string>& path_parts) const {
  RouteMatch match;
  std::set<std::string_view> methods;
  for (const auto& entry : entries_) {
    if (!Matches(entry, path_parts)) continue;
    methods.insert(entry.route.method);
    match.least_permission = std::min(match.least_permission, entry.route.permission);
  }
  if (methods.empty()) return match;
  if (methods.contains("GET")) methods.insert("HEAD");
  methods.insert("OPTIONS");
  match.allowed_methods = fmt::format("{}", fmt::join(methods, ", "));
  return match;
}

bool Router::HasSpooledBodies() const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const Entry& entry) { return entry.route.body_mode == BodyMode::kSpool; });
}

}  // namespace arc::http
