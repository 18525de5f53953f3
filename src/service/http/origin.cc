#include "service/http/origin.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "foundation/text/ascii.h"
#include "service/http/error_answer.h"

namespace arc::http {
namespace {

constexpr std::string_view kEverybody = "*";

// "host:port" of "https://host:port"; empty when it is no such origin ("null" is not).
std::string_view AuthorityOf(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (StartsIgnoringCase(origin, scheme)) return origin.substr(scheme.size());
  }
  return {};
}

// Without the port, and without the brackets of an IPv6 address.
std::string_view HostOf(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
  return authority.substr(0, authority.find(':'));
}

bool IsAddress(std::string_view host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  const std::string text(host);
  return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

// Nobody else can make a browser take such a name for ours: an address, a name without a dot, which
// is of the local network, or one of RFC 6761.
bool IsLocalName(std::string_view host) {
  constexpr std::string_view kLocalhost = ".localhost";
  return host.find('.') == std::string_view::npos || IsAddress(host) ||
         (host.size() > kLocalhost.size() &&
          EqualIgnoringCase(host.substr(host.size() - kLocalhost.size()), kLocalhost));
}

bool IsAllowed(std::string_view origin, const OriginRules& rules) {
  return std::ranges::any_of(rules.allowed, [&](const auto& allowed) {
    return allowed == kEverybody || EqualIgnoringCase(allowed, origin);
  });
}

// Whether the name by which the server is called is known to be its own. Else the page may have
// been loaded from elsewhere under this name, which then was made to point here.
bool IsOwnName(std::string_view authority, const OriginRules& rules) {
  const auto host = HostOf(authority);
  if (IsLocalName(host) || EqualIgnoringCase(host, rules.host)) return true;
  return std::ranges::any_of(rules.allowed, [&](const auto& allowed) {
    return allowed == kEverybody || EqualIgnoringCase(HostOf(AuthorityOf(allowed)), host);
  });
}

// A page cannot make a browser leave all of these out.
bool IsOfBrowser(const Request& request) {
  return !request.HeaderValue("Origin").empty() || !request.HeaderValue("Referer").empty() ||
         !request.HeaderValue("Sec-Fetch-Site").empty() ||
         StartsIgnoringCase(request.HeaderValue("User-Agent"), "Mozilla/");
}

bool IsSameOrigin(std::string_view origin, const Request& request) {
  const auto authority = AuthorityOf(origin);
  return !authority.empty() && EqualIgnoringCase(authority, request.HeaderValue("Host"));
}

// A link that somebody followed, or an address typed, shows its answer to the reader alone.
bool IsForeignSubrequest(const Request& request) {
  const auto site = request.HeaderValue("Sec-Fetch-Site");
  if (site != "cross-site" && site != "same-site") return false;
  return request.method != "GET" || request.HeaderValue("Sec-Fetch-Mode") != "navigate";
}

Response Refusal(std::string_view what) {
  return AccessErrorAnswer(
      {ErrorCode::kForbidden,
       fmt::format("{}: pages of other origins may only ask when server.cors_origins lists them",
                   what)});
}

// Browsers send these by themselves, once their user has given them to the server.
bool HasAmbientCredentials(const Request& request) {
  return StartsIgnoringCase(request.HeaderValue("Authorization"), "Basic");
}

}  // namespace

Result<std::vector<std::string>> ParseOrigins(std::string_view list) {
  std::vector<std::string> origins;
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    const auto origin = TrimSpaces(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
    if (origin.empty()) continue;
    const auto authority = AuthorityOf(origin);
    const bool is_origin = !authority.empty() && !HostOf(authority).empty() &&
                           authority.find_first_of("/?#@*\\ ") == std::string_view::npos;
    if (origin != kEverybody && !is_origin) {
      return Error{ErrorCode::kInvalidInput,
                   fmt::format("server.cors_origins: '{}' is not an origin: write https://host or "
                               "https://host:port, "
                               "without a path, or * for every page",
                               origin)};
    }
    origins.emplace_back(origin);
  }
  return origins;
}

std::optional<Response> RefuseForeignOrigin(const Request& request, const OriginRules& rules) {
  const auto origin = request.HeaderValue("Origin");
  if (!origin.empty() && IsAllowed(origin, rules)) return std::nullopt;
  if (!rules.is_open && !HasAmbientCredentials(request)) return std::nullopt;
  if (!origin.empty() && !IsSameOrigin(origin, request)) {
    return Refusal(fmt::format("a page of {} has sent this request", origin));
  }
  if (origin.empty() && IsForeignSubrequest(request)) {
    return Refusal("a page of another site has sent this request");
  }
  const auto host = request.HeaderValue("Host");
  if (rules.is_open && IsOfBrowser(request) && !IsOwnName(host, rules)) {
    return Refusal(fmt::format("the name {} is not known to be this server's", host));
  }
  return std::nullopt;
}

std::vector<Header> OriginHeaders(const Request& request, const OriginRules& rules) {
  if (rules.allowed.empty()) return {};
  const bool is_everybody = std::ranges::find(rules.allowed, kEverybody) != rules.allowed.end();
  std::vector<Header> headers;
  if (!is_everybody) headers.push_back({"Vary", "Origin"});
  const auto origin = request.HeaderValue("Origin");
  if (origin.empty() || !IsAllowed(origin, rules)) return headers;
  headers.push_back({"Access-Control-Allow-Origin", std::string(is_everybody ? "*" : origin)});
  headers.push_back({"Access-Control-Allow-Methods", "GET,POST,PUT,PATCH,DELETE,OPTIONS"});
  std::string sent = "Origin, Content-Type, Accept, Authorization, x-api-key, Content-Encoding";
  if (!rules.request_headers.empty()) sent += ", " + rules.request_headers;
  headers.push_back({"Access-Control-Allow-Headers", std::move(sent)});
  return headers;
}

}  // namespace arc::http
