// The request target (RFC 9112, section 3.2) → path parts and query.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/result.h"
#include "service/http/message.h"

namespace arc::http {

struct Target {
  // Percent-decoded, so a part may contain '/'. Empty parts (doubled or trailing slashes) are left
  // out.
  std::vector<std::string> path_parts;
  NamedValues query;

  std::string Path() const;  // "/a/b"
};

// Understands "/path?query", "http://host/path?query", and "*" (as OPTIONS has it). Fails with
// kInvalidInput on a broken percent sign, on control characters, and on "." and ".." parts, which
// no client needs to send.
Result<Target> ParseTarget(std::string_view target);

// The path as sent, still encoded: safe to log, because it has no spaces or control characters.
std::string_view RawPath(std::string_view target);

}  // namespace arc::http
