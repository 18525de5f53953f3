#include "service/cli/server_url.h"

#include <algorithm>
#include <charconv>

namespace arc::cli {
namespace {

Error BadUrl(std::string_view text, std::string_view expected) {
  return Error{ErrorCode::kInvalidInput, "cannot use the server address '" + std::string(text) +
                                             "': " + std::string(expected)};
}

bool IsPort(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port > 0 && port <= 65'535;
}

bool IsHostCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
         c == '-' || c == '_' || c == ':' || c == '%';
}

std::string PercentEncode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
        c == '.' || c == '_' || c == '~') {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return encoded;
}

}  // namespace

std::string ServerUrl::Authority() const {
  const bool is_ipv6 = host.find(':') != host.npos;
  return (is_ipv6 ? '[' + host + ']' : host) + ':' + port;
}

Result<ServerUrl> ParseServerUrl(std::string_view text) {
  std::string_view rest = text;
  ServerUrl url;
  if (const auto scheme_end = rest.find("://"); scheme_end != rest.npos) {
    const auto scheme = rest.substr(0, scheme_end);
    url.is_https = scheme == "https";
    if (url.is_https) url.port = "443";
    if (scheme != "http" && !url.is_https) {
      return BadUrl(text, "expected http://host:port or https://host:port");
    }
    rest.remove_prefix(scheme_end + 3);
  }
  const auto path_begin = std::min(rest.find('/'), rest.size());
  url.path = rest.substr(path_begin);
  while (url.path.ends_with('/')) url.path.pop_back();
  rest = rest.substr(0, path_begin);

  if (rest.starts_with('[')) {
    const auto end = rest.find(']');
    if (end == rest.npos) return BadUrl(text, "the bracket of the address is not closed");
    url.host = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
  } else {
    const auto end = std::min(rest.find(':'), rest.size());
    url.host = rest.substr(0, end);
    rest.remove_prefix(end);
  }
  if (url.host.empty() || !std::ranges::all_of(url.host, IsHostCharacter)) {
    return BadUrl(text, "expected http://host:port");
  }
  if (std::ranges::any_of(url.path, [](char c) { return c <= ' ' || c == '?' || c == '#'; })) {
    return BadUrl(text, "expected a path without spaces, '?' and '#'");
  }
  if (rest.empty()) return url;
  rest.remove_prefix(1);
  if (!IsPort(rest)) return BadUrl(text, "the port is not a number from 1 to 65535");
  url.port = rest;
  return url;
}

std::string TargetWith(std::string_view path, const UrlParameters& parameters) {
  std::string target(path);
  char separator = '?';
  for (const auto& [name, value] : parameters) {
    if (value.empty()) continue;
    target += separator + name + '=' + PercentEncode(value);
    separator = '&';
  }
  return target;
}

}  // namespace arc::cli
