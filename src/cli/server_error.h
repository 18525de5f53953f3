// What a server's answer says went wrong.

#pragma once

#include <string>

#include "base/result.h"
#include "cli/http_client.h"

namespace arc {

// The "error" text of a JSON answer, else the status and the beginning of the body; with a hint
// for 401 and 403.
Error ServerError(const HttpAnswer& answer);

}  // namespace arc
