// The log line of a request that was not answered well.

#pragma once

#include <chrono>
#include <string_view>

#include "service/http/message.h"

namespace arc::http {

struct RequestSummary {
  std::string_view method;  // empty when the request could not be read
  std::string_view raw_path;
  std::string_view client_address;
  std::chrono::microseconds duration;
};

// Logs a warning for a failure, an error for one of ours, nothing for a flood or for what its
// handler has logged: logging every request costs more than answering it. Headers and query are
// never logged: they may hold tokens.
void LogIfFailed(const RequestSummary& summary, const Response& response);

// What logs show of an error: Response::log_error, else the "error" text of the body, at most 200
// bytes.
std::string_view ErrorTextOf(const Response& response);
std::string_view ErrorTextOf(std::string_view body);

}  // namespace arc::http
