// Which requests are events, and what they are called.

#pragma once

#include <string_view>

namespace arc::audit {

struct Event {
  std::string_view type;  // "token.created"; empty: not an event
  bool is_read = false;   // recorded only when reads are recorded
};

// `pattern`: the route's, such as "/api/v1/auth/tokens/:id"; empty when no route matched.
Event EventOf(std::string_view method, std::string_view pattern, int status);

}  // namespace arc::audit
