// Which server the client commands talk to, and as whom.

#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "foundation/base/result.h"
#include "service/cli/console.h"
#include "service/cli/http_client.h"

namespace arc::cli {

struct ConnectionArguments {
  std::string url;    // Empty: ARC_URL, else http://127.0.0.1:8000.
  std::string token;  // Empty: ARC_TOKEN, else none.
  // PEM of whom to believe under https. Empty: ARC_CA_FILE, else whom the system does.
  std::string ca_file{};
  std::chrono::seconds timeout{0};
  std::function<bool()> is_cancelled{};  // As in HttpOptions.
};

// Adds the token to `request`, sends it and returns the body of a 2xx answer. Any other answer is
// an Error with the server's message.
Result<std::string> AskServer(const ConnectionArguments& arguments, const Console& console,
                              HttpRequest request, RequestBody& body,
                              std::function<void(std::uint64_t)> on_progress = {});

}  // namespace arc::cli
