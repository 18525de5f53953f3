#include "foundation/tls/context.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cstring>
#include <ctime>
#include <string>

#include "foundation/base/allocated.h"
#include "foundation/base/check.h"
#include "foundation/tls/openssl_error.h"

namespace arc::tls {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;

// Ciphers of TLS 1.2 with forward secrecy: recorded traffic stays secret when the key is stolen
// later. All ciphers of TLS 1.3 have it.
constexpr const char* kTls12Ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

// The only protocol that we offer by ALPN, in its wire form (RFC 7301).
constexpr std::string_view kHttp11 = "\x08http/1.1";

Error Wrong(std::string message) { return {ErrorCode::kInvalidInput, std::move(message)}; }

Bio OpenText(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Without this function OpenSSL would ask for the passphrase on the terminal.
int NoPassphrase(char*, int, int, void* was_asked) {
  *static_cast<bool*>(was_asked) = true;
  return 0;
}

Result<Key> ReadKey(std::string_view pem) {
  bool was_asked = false;
  const auto text = OpenText(pem);
  Key key(PEM_read_bio_PrivateKey(text.get(), nullptr, NoPassphrase, &was_asked));
  const auto reason = TakeOpensslError();
  if (key) return key;
  if (was_asked) {
    return Wrong("the key has a passphrase: store it without one, readable by Arc alone");
  }
  return Wrong(fmt::format("no private key in PEM: {}", reason));
}

// The next certificate of a text; null at the end of the text.
Result<Certificate> ReadCertificate(BIO& text) {
  Certificate certificate(PEM_read_bio_X509(&text, nullptr, nullptr, nullptr));
  if (certificate) return certificate;
  const bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const auto reason = TakeOpensslError();
  if (is_end) return Certificate();
  return Wrong(fmt::format("a certificate that cannot be read: {}", reason));
}

// Microseconds UTC.
std::int64_t EndOf(const X509& certificate) {
  std::tm parts{};
  ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &parts);
  return static_cast<std::int64_t>(timegm(&parts)) * 1'000'000;
}

int ChooseHttp11(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                 const unsigned char* offered, unsigned int offered_size, void*) {
  const auto* const ours = reinterpret_cast<const unsigned char*>(kHttp11.data());
  unsigned char* found = nullptr;
  const int outcome =
      SSL_select_next_proto(&found, chosen_size, ours, kHttp11.size(), offered, offered_size);
  *chosen = found;
  // A client that offers only other protocols learns from the answers that we speak HTTP/1.1.
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

SSL_CTX* NewContext(const SSL_METHOD* method) {
  SSL_CTX* const context = Allocated(SSL_CTX_new(method));
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  CHECK(SSL_CTX_set_cipher_list(context, kTls12Ciphers) == 1,
        "BUG: OpenSSL has none of the ciphers");
  SSL_CTX_set_options(
      context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // An idle connection gives its buffers back; a write that is tried again may lie elsewhere.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  return context;
}

Result<void> UseCertificates(SSL_CTX& context, std::string_view pem, std::int64_t& expires_at) {
  const auto text = OpenText(pem);
  const auto first = TRY(ReadCertificate(*text));
  if (!first) return Wrong("no certificate in PEM");
  if (SSL_CTX_use_certificate(&context, first.get()) != 1) {
    return Wrong(fmt::format("the certificate cannot be used: {}", TakeOpensslError()));
  }
  expires_at = EndOf(*first);
  for (;;) {
    const auto next = TRY(ReadCertificate(*text));
    if (!next) return {};
    if (SSL_CTX_add1_chain_cert(&context, next.get()) != 1) {
      return Wrong(
          fmt::format("a certificate behind the first cannot be used: {}", TakeOpensslError()));
    }
  }
}

Result<void> Trust(SSL_CTX& context, std::string_view pem) {
  const auto text = OpenText(pem);
  for (bool is_first = true;; is_first = false) {
    const auto next = TRY(ReadCertificate(*text));
    if (!next && is_first) return Wrong("no certificate in PEM");
    if (!next) return {};
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(&context), next.get()) != 1) {
      return Wrong(fmt::format("a certificate cannot be used: {}", TakeOpensslError()));
    }
  }
}

}  // namespace

void Context::Free::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

Result<std::shared_ptr<const Context>> Context::OfServer(std::string_view certificates_pem,
                                                         std::string_view key_pem) {
  std::shared_ptr<Context> made(new Context(NewContext(TLS_server_method())));
  SSL_CTX& context = *made->get();
  SSL_CTX_set_alpn_select_cb(&context, ChooseHttp11, nullptr);
  SSL_CTX_set_num_tickets(&context, 1);
  TRY(UseCertificates(context, certificates_pem, made->expires_at_));
  const auto key = TRY(ReadKey(key_pem));
  if (SSL_CTX_use_PrivateKey(&context, key.get()) != 1 ||
      SSL_CTX_check_private_key(&context) != 1) {
    return Wrong(fmt::format("the key is not the certificate's: {}", TakeOpensslError()));
  }
  return std::shared_ptr<const Context>(std::move(made));
}

Result<std::shared_ptr<const Context>> Context::OfClient(std::string_view trusted_pem) {
  std::shared_ptr<Context> made(new Context(NewContext(TLS_client_method())));
  SSL_CTX& context = *made->get();
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER, nullptr);
  if (trusted_pem.empty()) {
    SSL_CTX_set_default_verify_paths(&context);
  } else {
    TRY(Trust(context, trusted_pem));
    // Whatever the text names is trusted, also a certificate that is not an authority's.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(&context), X509_V_FLAG_PARTIAL_CHAIN);
  }
  return std::shared_ptr<const Context>(std::move(made));
}

}  // namespace arc::tls
