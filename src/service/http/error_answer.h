// Errors → answers: the only place that chooses an HTTP status for a failure.

#pragma once

#include <string_view>

#include <boost/json/fwd.hpp>

#include "access/auth/usage_meter.h"
#include "foundation/base/result.h"
#include "service/http/message.h"

namespace arc::http {

Failure HttpStatus(ErrorCode code);

// `{"error": message}`, with Retry-After where a retry may help. The detail goes to the log only.
Response ErrorAnswer(const Error& error);
// The same with a body of its own.
Response ErrorAnswer(const Error& error, const boost::json::object& body);

// The same for a message that may repeat the body of the request, which belongs into no log: there
// is what comes before the first quotation mark.
Response BodyErrorAnswer(const Error& error);

// Adds what clients of InfluxDB show of an error: of 2.x the members "code" and "message" of the
// body, which becomes that of the answer's "error"; of 1.x the header X-Influxdb-Error, in ASCII
// and of at most 1,024 bytes. Nothing when it has them, or no body with an "error".
void AddInfluxError(Response& response);

// For what HTTP itself refuses, where only HTTP has a word for it.
Response ErrorAnswer(Failure status, std::string_view text);

// Too many requests, in the shape of access control, with Retry-After.
Response TooManyRequests(const auth::UsageRefusal& refusal);

// Access control's shape: `{"success": false, "error": message}`.
Response AccessErrorAnswer(const Error& error);

// The inside of the JSON string that is the member "error" of an answer; nothing when there is
// none.
std::string_view RawErrorOf(std::string_view body);

}  // namespace arc::http
