// What a server's answer says went wrong.

#pragma once

#include <string>

#include "foundation/base/result.h"
#include "service/cli/http_client.h"

namespace arc::cli {

// The "error" text of a JSON answer, else the status and the beginning of the body; with a hint
// for 401 and 403.
Error ServerError(const HttpAnswer& answer);

}  // namespace arc::cli
