#include "foundation/tls/certificate_files.h"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

#include "foundation/base/log.h"
#include "foundation/time/time_text.h"

namespace arc::tls {
namespace {

constexpr std::size_t kFileBytesMax = 1 << 20;
constexpr std::int64_t kWarningMicros = std::int64_t{14} * 24 * 3600 * 1'000'000;

}  // namespace

Result<std::unique_ptr<CertificateFiles>> CertificateFiles::Open(Paths paths,
                                                                 fs::FileSystem& file_system,
                                                                 const Clock& clock) {
  std::unique_ptr<CertificateFiles> files(
      new CertificateFiles(std::move(paths), file_system, clock));
  TRY(files->Reload());
  return files;
}

std::shared_ptr<const Context> CertificateFiles::context() const {
  MutexLock lock(mutex_);
  return context_;
}

Result<void> CertificateFiles::Reload() {
  const auto certificates = TRY(Read(paths_.certificate));
  const auto key = TRY(Read(paths_.key));
  auto made = Context::OfServer(certificates, key);
  if (!made.ok()) {
    return Error{ErrorCode::kInvalidInput, fmt::format("tls: {} with {}: {}", paths_.certificate,
                                                       paths_.key, made.error().message)};
  }
  WarnOfExpiry(*made.value());
  MutexLock lock(mutex_);
  context_ = std::move(made).TakeValue();
  return {};
}

Result<std::string> CertificateFiles::Read(const std::string& path) const {
  auto text = fs::ReadWholeFile(file_system_, path, kFileBytesMax);
  if (text.ok()) return text;
  return Error{ErrorCode::kInvalidInput,
               fmt::format("tls: cannot read {}: {}", path, text.error().message),
               text.error().detail};
}

void CertificateFiles::WarnOfExpiry(const Context& context) const {
  const auto now = clock_.NowMicros();
  if (context.expires_at() - now > kWarningMicros) return;
  LogWarning("tls: the certificate {} {} {}", paths_.certificate,
             context.expires_at() <= now ? "has expired at" : "expires at",
             Rfc3339(context.expires_at()));
}

}  // namespace arc::tls
