// A server's certificate and key as files, read again on demand.

#pragma once

#include <memory>
#include <string>

#include "foundation/base/mutex.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/time/clock.h"
#include "foundation/tls/context.h"

namespace arc::tls {

// Threads: any. context() does not wait for the disk.
class CertificateFiles {
 public:
  struct Paths {
    std::string certificate;  // PEM: the server's, then those that lead to an authority
    std::string key;          // PEM, without a passphrase
  };

  // Fails with kInvalidInput when a file is missing or holds something else. A certificate that has
  // expired, or will within two weeks, is a warning in the log.
  static Result<std::unique_ptr<CertificateFiles>> Open(Paths paths, fs::FileSystem& file_system,
                                                        const Clock& clock);

  // What new connections are to use. Those that exist keep theirs.
  std::shared_ptr<const Context> context() const;

  // Reads both files again. Fails as Open does; the old context then stays in use.
  Result<void> Reload();

 private:
  CertificateFiles(Paths paths, fs::FileSystem& file_system, const Clock& clock)
      : paths_(std::move(paths)), file_system_(file_system), clock_(clock) {}

  Result<std::string> Read(const std::string& path) const;
  void WarnOfExpiry(const Context& context) const;

  const Paths paths_;
  fs::FileSystem& file_system_;
  const Clock& clock_;
  mutable Mutex mutex_;
  std::shared_ptr<const Context> context_ GUARDED_BY(mutex_);
};

}  // namespace arc::tls
