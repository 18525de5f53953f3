// A file that takes some room while there is plenty, so that it can be given back when the disk is
// full: what frees room, a drop, needs a little of it first.

#pragma once

#include <cstdint>
#include <string>

#include "foundation/fs/file_system.h"

namespace arc::store {

// Lifetime: of the store. Threads: any.
class Ballast {
 public:
  static constexpr std::uint64_t kByteCount = std::uint64_t{8} << 20;

  // `file_system` outlives this.
  Ballast(std::string path, fs::FileSystem& file_system);

  // Makes the file when it is not there and the disk has room for it and as much again. Without,
  // the server works, but cannot drop anything on a full disk.
  void Fill();
  // Gives the room back. False when there was none to give.
  bool Release();

 private:
  const std::string path_;
  fs::FileSystem& file_system_;
};

}  // namespace arc::store
