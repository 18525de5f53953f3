// Response → the bytes before its body.

#pragma once

#include <cstdint>
#include <string>

#include "service/http/message.h"

namespace arc::http {

enum class AfterResponse {
  kClose,
  kKeepAlive,
  kKeepAlive10,  // for an HTTP/1.0 client, which must be told
};

// How the client knows where the body ends.
enum class BodyEnd {
  kLength,
  kLastChunk,
  kConnectionEnd,  // for a streamed body to an HTTP/1.0 client
};

// How the answer travels.
enum class Scheme { kHttp, kHttps };

// The status line and all headers, with the empty line that ends them: the response's own, the
// date, and the server's (security) that the response has none of. `now_seconds` is since 1970.
std::string ResponseHead(const Response& response, AfterResponse after, BodyEnd body_end,
                         Scheme scheme, std::int64_t now_seconds);

}  // namespace arc::http
