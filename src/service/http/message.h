// A request and its answer as plain values: what handlers see of HTTP.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/auth/principal.h"
#include "service/http/body_budget.h"
#include "service/http/spooled_body.h"
#include "service/http/status.h"

namespace arc::http {

class BodyPipe;

struct Header {
  std::string name, value;
};

// In any case of its letters.
bool HasHeader(const std::vector<Header>& headers, std::string_view name);

// Names and values, in the order of the request.
using NamedValues = std::vector<std::pair<std::string, std::string>>;

// Owns everything in it: a handler may keep it, or move it to another thread, for as long as it
// likes. `spooled` removes its file through the server's FileSystem, which outlives it.
struct Request {
  std::string method;                    // as sent: methods are case-sensitive
  std::string path;                      // decoded, without query, trailing or doubled slashes
  NamedValues query;                     // percent- and plus-decoded
  NamedValues path_parameters;           // the ":name" parts of the route's pattern, decoded
  std::vector<Header> headers;           // names as sent
  std::string body;                      // BodyMode::kMemory
  std::unique_ptr<SpooledBody> spooled;  // BodyMode::kSpool; null when there is no body
  auth::Principal principal;
  std::string client_address;  // of the TCP peer, without port

  // The share of the server's budget for bodies in memory that `body` takes; given back when the
  // request is destroyed. Whoever moves `body` out for long should move this along.
  BodyReservation body_reservation;

  // The first header of that name, in any case; empty when there is none. Valid as long as the
  // request.
  std::string_view HeaderValue(std::string_view name) const;
  std::optional<std::string_view> QueryValue(std::string_view name) const;
  // Requires: the route's pattern has a part ":name".
  std::string_view PathParameter(std::string_view name) const;
  // The same as an id. 0, which is never an id, when the text is not a number.
  std::int64_t PathId(std::string_view name) const;
};

struct Response {
  int status = kOk;
  std::string content_type{};
  std::string body{};
  // Instead of `body`: one that is still being made. Sent in chunks, to an HTTP/1.0 client until
  // the connection ends.
  std::shared_ptr<BodyPipe> stream{};
  std::vector<Header> headers{};
  std::string log_detail{};  // for the log of failures; never sent
  // For logs instead of the error in the body, which repeats what the client has sent.
  std::string log_error{};
  bool is_logged = false;  // by the handler: the log of requests leaves it out
  std::string subject{};   // for on_answer, where only the body says what the request is about
};

}  // namespace arc::http
