#include "foundation/tls/certificate_files.h"

#include <gmock/gmock.h>

#include "foundation/testing/temp_directory.h"
#include "foundation/tls/test_certificate.h"

namespace arc::tls {
namespace {

using ::testing::HasSubstr;

class CertificateFilesTest : public ::testing::Test {
 protected:
  void Store(const TestCertificate& certificate) {
    ASSERT_TRUE(fs::WriteWholeFile(disk_, paths_.certificate, certificate.certificate_pem).ok());
    ASSERT_TRUE(fs::WriteWholeFile(disk_, paths_.key, certificate.key_pem).ok());
  }
  auto Open() { return CertificateFiles::Open(paths_, disk_, Clock::System()); }

  fs::FileSystem& disk_ = fs::FileSystem::Local();
  arc::testing::TempDirectory directory_;
  const CertificateFiles::Paths paths_{directory_ / "server.crt", directory_ / "server.key"};
};

TEST_F(CertificateFilesTest, ReloadBringsTheNewOne) {
  Store(MakeTestCertificate());
  const auto files = Open().TakeValue();
  const auto first = files->context();
  Store(MakeTestCertificate({.valid_for = std::chrono::hours(1000)}));
  EXPECT_EQ(files->context(), first) << "not before it is asked to";
  ASSERT_TRUE(files->Reload().ok());
  EXPECT_GT(files->context()->expires_at(), first->expires_at());
}

TEST_F(CertificateFilesTest, WhatCannotBeReadLeavesTheOldOne) {
  Store(MakeTestCertificate());
  const auto files = Open().TakeValue();
  const auto first = files->context();
  // A renewal that is half done: the new certificate is there, its key is not yet.
  ASSERT_TRUE(
      fs::WriteWholeFile(disk_, paths_.certificate, MakeTestCertificate().certificate_pem).ok());
  const auto reloaded = files->Reload();
  ASSERT_FALSE(reloaded.ok());
  EXPECT_THAT(reloaded.error().message, HasSubstr("not the certificate's"));
  EXPECT_THAT(reloaded.error().message, HasSubstr(paths_.certificate));
  EXPECT_EQ(files->context(), first);
  ASSERT_TRUE(disk_.Remove(paths_.key).ok());
  EXPECT_FALSE(files->Reload().ok());
  EXPECT_EQ(files->context(), first);
}

TEST_F(CertificateFilesTest, AFileThatIsNotThereIsNamed) {
  const auto opened = Open();
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(opened.error().message, HasSubstr("server.crt"));
}

TEST_F(CertificateFilesTest, AnExpiredCertificateIsUsedWithAWarning) {
  Store(MakeTestCertificate({.valid_for = std::chrono::seconds(-10)}));
  EXPECT_TRUE(Open().ok());
}

}  // namespace
}  // namespace arc::tls
