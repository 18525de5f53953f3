// What the server does with one kind of request.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "access/auth/principal.h"
#include "service/http/message.h"
#include "service/http/responder.h"

namespace arc::http {

// Called on the connection's I/O thread once the body is complete; must not block. Work that takes
// long goes to another thread together with the Responder: there is no time limit, the connection
// just waits. An exception is logged and answered with 500.
using Handler = std::function<void(Request, Responder)>;

enum class BodyMode {
  kMemory,  // in Request::body
  kSpool,   // in a temporary file, Request::spooled
};

struct Route {
  std::string method;
  // Such as "/api/v1/things/:name". Literal parts match in any case; ":name" matches any one
  // part; a literal beats a parameter. A trailing slash makes no difference.
  std::string pattern;
  auth::Permission permission;
  BodyMode body_mode;
  Handler handler;
  // What says what its requests are about. ServerOptions::subject_of reads it, nobody else here.
  std::string subject{};
  // Its errors are shown by clients of InfluxDB: AddInfluxError, whoever refuses the request.
  bool has_influx_errors = false;
  // Of each answer to a request that the route admits, instead of the server's own of that name
  // (Content-Security-Policy, ...).
  std::vector<Header> response_headers{};
};

}  // namespace arc::http
