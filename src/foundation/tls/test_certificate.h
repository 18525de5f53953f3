// For tests: certificates with their keys, made in a millisecond.

#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <memory>
#include <string>

#include "foundation/base/check.h"
#include "foundation/tls/context.h"

namespace arc::tls {

struct TestCertificate {
  std::string certificate_pem;
  std::string key_pem;
};

struct TestCertificateWish {
  std::string subject_names = "DNS:localhost,IP:127.0.0.1";  // as in OpenSSL's subjectAltName
  std::chrono::seconds valid_for{3600};                      // negative: it has ended
  bool is_authority = false;
  const TestCertificate* issuer = nullptr;  // null: itself
};

namespace test_certificate_detail {

inline std::string TextOf(BIO* text) {
  char* bytes = nullptr;
  const auto byte_count = BIO_get_mem_data(text, &bytes);
  return {bytes, static_cast<std::size_t>(byte_count)};
}

inline std::shared_ptr<BIO> Memory(const std::string& text = "") {
  std::shared_ptr<BIO> memory(BIO_new(BIO_s_mem()), BIO_free);
  BIO_write(memory.get(), text.data(), static_cast<int>(text.size()));
  return memory;
}

inline void AddExtension(X509* certificate, int kind, const std::string& value) {
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
  CHECK(extension != nullptr, "a test asks for an extension that OpenSSL does not understand");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace test_certificate_detail

inline TestCertificate MakeTestCertificate(const TestCertificateWish& wish = {}) {
  using namespace test_certificate_detail;
  const std::shared_ptr<EVP_PKEY> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::shared_ptr<X509> certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  static long serial_number = 1;
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial_number++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -24 * 3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), wish.valid_for.count());
  X509_set_pubkey(certificate.get(), key.get());
  const char* const name = wish.is_authority ? "test authority" : "test server";
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  AddExtension(certificate.get(), NID_subject_alt_name, wish.subject_names);
  if (wish.is_authority) AddExtension(certificate.get(), NID_basic_constraints, "CA:TRUE");

  std::shared_ptr<X509> issuer = certificate;
  std::shared_ptr<EVP_PKEY> issuer_key = key;
  if (wish.issuer != nullptr) {
    issuer.reset(
        PEM_read_bio_X509(Memory(wish.issuer->certificate_pem).get(), nullptr, nullptr, nullptr),
        X509_free);
    issuer_key.reset(
        PEM_read_bio_PrivateKey(Memory(wish.issuer->key_pem).get(), nullptr, nullptr, nullptr),
        EVP_PKEY_free);
  }
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.get()));
  CHECK(X509_sign(certificate.get(), issuer_key.get(), EVP_sha256()) > 0, "a test cannot sign");

  const auto certificate_text = Memory();
  PEM_write_bio_X509(certificate_text.get(), certificate.get());
  const auto key_text = Memory();
  PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {TextOf(certificate_text.get()), TextOf(key_text.get())};
}

inline std::shared_ptr<const Context> ServerOf(const TestCertificate& certificate) {
  return Context::OfServer(certificate.certificate_pem, certificate.key_pem).TakeValue();
}
inline std::shared_ptr<const Context> ClientThatTrusts(const TestCertificate& certificate) {
  return Context::OfClient(certificate.certificate_pem).TakeValue();
}

}  // namespace arc::tls
