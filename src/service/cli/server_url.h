// The address of a server, as people type it, and the percent-encoding of what is asked of it.

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/base/result.h"

namespace arc::cli {

struct ServerUrl {
  bool is_https = false;
  std::string host{};  // A name or an address, without the brackets of IPv6.
  std::string port = "80";
  std::string path{};  // In front of every target; empty, or "/prefix" without a slash at the end.

  // As in the Host header: "localhost:8000", "[::1]:8000".
  std::string Authority() const;
  // "https://localhost:8000"
  std::string Origin() const { return (is_https ? "https://" : "http://") + Authority(); }
};

// "http://host[:port][/path]", or the same with https; a missing "http://" is added. Fails with
// kInvalidInput.
Result<ServerUrl> ParseServerUrl(std::string_view text);

using UrlParameters = std::vector<std::pair<std::string, std::string>>;

// "/api/v1/import/csv?db=my%20db". Parameters with an empty value are left out.
std::string TargetWith(std::string_view path, const UrlParameters& parameters);

}  // namespace arc::cli
