// What one end of TLS connections presents (its certificate) and trusts.

#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "foundation/base/result.h"

using SSL_CTX = struct ssl_ctx_st;

namespace arc::tls {

// Constant; shared by any number of sessions on any threads.
class Context {
 public:
  // A server's end: its certificate first, then those that lead to an authority; the key without a
  // passphrase. Fails with kInvalidInput: `message` says which of the two texts is wrong and how.
  static Result<std::shared_ptr<const Context>> OfServer(std::string_view certificates_pem,
                                                         std::string_view key_pem);
  // A client's end: trusts what `trusted_pem` holds, authorities or the very certificate of a
  // server; if it is empty, what the system trusts. Fails as above.
  static Result<std::shared_ptr<const Context>> OfClient(std::string_view trusted_pem);

  SSL_CTX* get() const { return context_.get(); }
  // When the server's certificate expires, in microseconds UTC; 0 for a client's end.
  std::int64_t expires_at() const { return expires_at_; }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const;
  };

  explicit Context(SSL_CTX* context) : context_(context) {}

  std::unique_ptr<SSL_CTX, Free> context_;
  std::int64_t expires_at_ = 0;
};

}  // namespace arc::tls
