// One HTTP/1.1 request and its answer.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "foundation/base/result.h"
#include "service/cli/request_body.h"
#include "service/cli/server_url.h"

namespace arc::cli {

struct HttpRequest {
  std::string method;
  std::string target;  // "/path?query", already encoded.
  std::vector<std::pair<std::string, std::string>> headers{};
};

struct HttpAnswer {
  int status = 0;
  std::string body;
};

struct HttpOptions {
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);
  // The longest silence: no byte sent and none received.
  std::chrono::milliseconds silence_timeout = std::chrono::seconds(330);
  std::uint64_t answer_bytes_max = 1ULL << 30;
  // PEM of whom to believe under https; empty: whom the system does.
  std::string trusted_pem{};
  // Called several times a second with the bytes of the body sent so far, also while waiting.
  std::function<void(std::uint64_t body_bytes_sent)> on_progress{};
  // Asked as often; true closes the connection and fails with kCancelled.
  std::function<bool()> is_cancelled{};
};

// Sends the request on a connection of its own and blocks until the answer is complete. An answer
// that comes while the body is still being sent is taken, and the rest of the body is not sent.
// Any complete answer is a value, whatever its status. Fails with kNotFound when nobody listens,
// kDeadlinePassed after too long a silence, kTooLarge when the answer is larger than allowed,
// kCancelled when the connection breaks, kInvalidInput on a header that cannot be sent and on a
// server that TLS does not believe.
Result<HttpAnswer> SendHttpRequest(const ServerUrl& url, const HttpRequest& request,
                                   RequestBody& body, const HttpOptions& options);

}  // namespace arc::cli
