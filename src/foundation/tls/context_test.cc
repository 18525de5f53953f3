#include "foundation/tls/context.h"

#include <gmock/gmock.h>

#include <chrono>

#include "foundation/tls/test_certificate.h"

namespace arc::tls {
namespace {

using ::testing::HasSubstr;

std::string RefusalOf(const std::string& certificate_pem, const std::string& key_pem) {
  const auto made = Context::OfServer(certificate_pem, key_pem);
  return made.ok() ? "none" : made.error().message;
}

TEST(ContextTest, KnowsWhenTheCertificateEnds) {
  const auto certificate = MakeTestCertificate({.valid_for = std::chrono::hours(48)});
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  const auto left = ServerOf(certificate)->expires_at() - now;
  EXPECT_NEAR(static_cast<double>(left) / 3600e6, 48, 0.1);
}

TEST(ContextTest, TextsThatAreNotWhatTheyShouldBeAreNamed) {
  const auto good = MakeTestCertificate();
  EXPECT_THAT(RefusalOf("", good.key_pem), HasSubstr("no certificate"));
  EXPECT_THAT(RefusalOf(good.key_pem, good.key_pem), HasSubstr("no certificate"));
  EXPECT_THAT(RefusalOf(good.certificate_pem, ""), HasSubstr("no private key"));
  EXPECT_THAT(RefusalOf(good.certificate_pem, good.certificate_pem), HasSubstr("no private key"));
  EXPECT_THAT(RefusalOf(good.certificate_pem, MakeTestCertificate().key_pem),
              HasSubstr("not the certificate's"));
  EXPECT_EQ(RefusalOf(good.certificate_pem, good.key_pem), "none");
}

TEST(ContextTest, ATextThatIsCutAnywhereIsRefused) {
  const auto good = MakeTestCertificate();
  for (const auto size : {good.certificate_pem.size() / 2, good.certificate_pem.size() - 10}) {
    EXPECT_NE(RefusalOf(good.certificate_pem.substr(0, size), good.key_pem), "none") << size;
  }
  for (const auto size : {good.key_pem.size() / 2, good.key_pem.size() - 10}) {
    EXPECT_NE(RefusalOf(good.certificate_pem, good.key_pem.substr(0, size)), "none") << size;
  }
  // A bad certificate behind a good one is an error too: the chain is not silently shortened.
  EXPECT_NE(RefusalOf(good.certificate_pem + good.certificate_pem.substr(0, 200), good.key_pem),
            "none");
}

TEST(ContextTest, AKeyWithAPassphraseIsRefusedAndNobodyIsAskedForIt) {
  const auto good = MakeTestCertificate();
  const auto key = test_certificate_detail::Memory(good.key_pem);
  EVP_PKEY* const plain = PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr);
  const auto locked = test_certificate_detail::Memory();
  PEM_write_bio_PrivateKey(locked.get(), plain, EVP_aes_128_cbc(),
                           reinterpret_cast<const unsigned char*>("secret"), 6, nullptr, nullptr);
  EVP_PKEY_free(plain);
  EXPECT_THAT(RefusalOf(good.certificate_pem, test_certificate_detail::TextOf(locked.get())),
              HasSubstr("passphrase"));
}

TEST(ContextTest, AClientNeedsSomebodyToTrust) {
  EXPECT_TRUE(Context::OfClient("").ok()) << "the system's";
  EXPECT_FALSE(Context::OfClient("not PEM").ok());
}

}  // namespace
}  // namespace arc::tls
