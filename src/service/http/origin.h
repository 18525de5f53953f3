// Which pages of the web may talk to the server through their readers' browsers. A browser sends
// what a page asks it to, also to servers that only the reader can reach, and says where the page
// comes from: `Origin`, `Referer`, `Sec-Fetch-Site`. Programs say none of it.
// What is defended, and what not: docs/security.md.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/http/message.h"

namespace arc::http {

struct OriginRules {
  // "https://dashboards.example": as browsers write them, or "*" for every page.
  std::vector<std::string> allowed{};
  // Whether a request without a token may do anything: then a foreign page may ask for nothing, and
  // pages under a name that is not known to be this server's are foreign, too.
  bool is_open = false;
  std::string host{};  // that the server was told to listen on; a name it may be called by
  // Headers that allowed pages may send besides those of HTTP itself, as "x-a, x-b".
  std::string request_headers{};
};

// A comma-separated list. Fails with kInvalidInput on what is neither an origin nor "*".
Result<std::vector<std::string>> ParseOrigins(std::string_view list);

// The refusal of a request that a page of another origin makes its reader's browser send; nothing
// when it may be answered. From the header alone.
std::optional<Response> RefuseForeignOrigin(const Request& request, const OriginRules& rules);

// What lets the page read the answer: its origin, when `rules` allow it, and `Vary` when that
// decides. None for requests without an origin.
std::vector<Header> OriginHeaders(const Request& request, const OriginRules& rules);

}  // namespace arc::http
