#include "foundation/tls/openssl_error.h"

#include <openssl/err.h>

namespace arc::tls {

std::string TakeOpensslError() {
  const auto code = ERR_peek_last_error();
  ERR_clear_error();
  const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown error" : reason;
}

}  // namespace arc::tls
