// What OpenSSL says went wrong. Internal.

#pragma once

#include <string>

namespace arc::tls {

// The newest entry of this thread's queue of errors, which is emptied; "unknown error" without one.
std::string TakeOpensslError();

}  // namespace arc::tls
