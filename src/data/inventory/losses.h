// What a start found missing. Kept in a text file until a person removes that file, so that nobody
// overlooks it.

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "foundation/base/mutex.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/time/clock.h"

namespace arc::inventory {

// Threads: any. Limits: kMax losses; later ones are only in the server's log.
class Losses {
 public:
  static constexpr std::size_t kMax = 100;

  // Reads what earlier starts found. `file_system` and `clock` must outlive this.
  static Result<std::unique_ptr<Losses>> Open(fs::FileSystem& file_system, const Clock& clock,
                                              std::string path);
  Losses(const Losses&) = delete;
  Losses& operator=(const Losses&) = delete;

  // Durable when it returns success; logged and listed in any case. `loss` is one sentence without
  // line feeds; the time is put before it. Adding the same loss again changes nothing.
  Result<void> Add(const std::string& loss);
  // Each loss as a line of the file.
  std::vector<std::string> List() const;
  // Forgets all losses when the file has been removed: that is how a person accepts them.
  void Refresh();

 private:
  Losses(fs::FileSystem& file_system, const Clock& clock, std::string path)
      : file_system_(file_system), clock_(clock), path_(std::move(path)) {}

  fs::FileSystem& file_system_;
  const Clock& clock_;
  const std::string path_;

  mutable Mutex mutex_;
  std::vector<std::string> lines_ GUARDED_BY(mutex_);
  bool is_on_disk_ GUARDED_BY(mutex_) = false;
};

}  // namespace arc::inventory
