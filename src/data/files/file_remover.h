// Unlinks the files that the catalog has removed from its lists, once no snapshot shows them any
// more, and the folders that are empty then. Adopted files (file_name.h) stay on disk: the catalog
// only forgets them. docs/formats/catalog.md, "removed_files", tells why nothing is lost or left
// when it is interrupted.

#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "data/catalog/catalog.h"
#include "foundation/base/result.h"
#include "foundation/base/thread.h"
#include "foundation/fs/file_system.h"
#include "foundation/time/clock.h"

namespace arc::files {

// Lifetime: built by Store when the catalog is open, closed before the catalog is.
// Threads:  one of its own, "file-remover", which sleeps until files are released or a retry is
//           due.
// Failures: a file that cannot be unlinked is tried again after 1 s, 2 s, ... up to a minute. It
//           does not delay others.
class FileRemover {
 public:
  static constexpr std::chrono::milliseconds kFirstRetry{1'000};
  static constexpr std::chrono::milliseconds kLastRetry{60'000};
  static constexpr std::size_t kGroupFilesMax = 10'000;

  // What is given outlives this. `first_retry` is for tests.
  FileRemover(std::string root, fs::FileSystem& file_system, catalog::Catalog& catalog,
              const Clock& clock, std::chrono::milliseconds first_retry = kFirstRetry);
  FileRemover(const FileRemover&) = delete;
  FileRemover& operator=(const FileRemover&) = delete;
  ~FileRemover() { Close(); }

  // Joins the thread; the rest is for the next start. Again is harmless.
  void Close();

 private:
  using Paths = std::vector<std::string>;
  struct Retry {
    Paths paths;
    std::chrono::milliseconds delay;
  };

  void Run();
  void RemoveReleased();
  void RemoveAll(const Paths& paths, std::chrono::milliseconds delay);
  Result<void> MakeDurable(const Paths& gone);
  bool RemoveFolder(const std::string& folder);
  void RetryLater(Paths paths, std::chrono::milliseconds delay, const Error& why);

  // Constant after construction.
  const std::string root_;
  fs::FileSystem& file_system_;
  catalog::Catalog& catalog_;
  const Clock& clock_;
  const std::chrono::milliseconds first_retry_;

  // Touched only by the thread.
  std::multimap<Clock::SteadyTime, Retry> retries_;

  Thread thread_;
};

}  // namespace arc::files
