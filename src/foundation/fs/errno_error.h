// Turns errno into an Error: which code, what the client hears, what the log says.

#pragma once

#include <string>
#include <string_view>

#include "foundation/base/result.h"

namespace arc::fs {

// `what` is what failed, in words a client may read ("cannot create a file"). A full disk says
// "no space left on device" in the message, because the client can wait for that to end.
Error ErrnoError(int error_number, std::string_view what, const std::string& path);

}  // namespace arc::fs
