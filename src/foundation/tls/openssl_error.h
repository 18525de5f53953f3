// OpenSSL's errors as text. Internal.

#pragma once

#include <string>

namespace arc::tls {

// Empties this thread's queue of errors and returns the newest entry; "unknown error" if it is
// empty.
std::string TakeOpensslError();

}  // namespace arc::tls
