// What is decided from the header alone, before a byte of the body is read.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "service/http/body_sink.h"
#include "service/http/message.h"
#include "service/http/route.h"
#include "service/http/server_state.h"

namespace arc::http {

// Either `answer` is set, and the request goes no further, or `route` is.
struct Admission {
  std::optional<Response> answer;
  const Route* route = nullptr;
  bool has_influx_errors = false;  // as in Route; also with an answer
};

// Finds the route, who asks, and whether they may; fills in path, query, path parameters and
// principal. Unknown paths are told apart from known ones only to those who may ask at all.
Admission Admit(std::string_view target, Request& request, const ServerState& state);

// Asks once more who the token of an admitted request is, and sets its principal anew; the refusal,
// if it may not any more.
std::optional<Response> AdmitAgain(const Route& route, Request& request, const ServerState& state);

// Where the route wants the body. Fails like BodySink::Append when the announced length alone is
// too much.
Result<std::unique_ptr<BodySink>> OpenBodySink(const Route& route,
                                               std::optional<std::uint64_t> content_length,
                                               ServerState& state);

}  // namespace arc::http
