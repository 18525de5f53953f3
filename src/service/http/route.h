// What the server does with one kind of request.

#pragma once

#include <functional>
#include <string>
#include <string_view>

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

// The header x-arc-database, else the query parameter `parameter` ("" for none), else nothing. An
// empty header or parameter counts as absent. Valid as long as the request.
std::string_view NamedDatabase(const Request& request, std::string_view parameter);

struct Route {
  std::string method;
  // Such as "/api/v1/databases/:name". Literal parts match in any case; ":name" matches any one
  // part; a literal beats a parameter. A trailing slash makes no difference.
  std::string pattern;
  auth::Permission permission;
  BodyMode body_mode;
  Handler handler;
  // What names the database that a request is about: a parameter as in NamedDatabase; or ":name",
  // that part of the path alone.
  std::string database_parameter{};
  // Its errors are shown by clients of InfluxDB: AddInfluxError, whoever refuses the request.
  bool has_influx_errors = false;

  // Empty when none is named. Valid as long as the request.
  std::string_view DatabaseOf(const Request& request) const;
};

}  // namespace arc::http
