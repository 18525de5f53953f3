#include "foundation/tls/client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <new>

#include "foundation/base/allocated.h"

namespace arc::tls {

SSL* NewClient(const Context& context, const std::string& host) {
  std::unique_ptr<SSL, void (*)(SSL*)> client(Allocated(SSL_new(context.get())), SSL_free);
  ExpectHost(*client, host);
  return client.release();
}

void ExpectHost(SSL& client, const std::string& host) {
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(&client), host.c_str()) == 1) return;
  ERR_clear_error();
  if (SSL_set1_host(&client, host.c_str()) != 1) throw std::bad_alloc();
  SSL_set_tlsext_host_name(&client, host.c_str());
}

std::string Disbelief(const SSL& client) {
  const auto verdict = SSL_get_verify_result(&client);
  return verdict == X509_V_OK ? "" : X509_verify_cert_error_string(verdict);
}

}  // namespace arc::tls
