#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <string_view>

#include "foundation/fs/errno_error.h"
#include "foundation/fs/local_file_system.h"

namespace arc::fs {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

}  // namespace

Result<std::vector<DirectoryEntry>> LocalFileSystem::List(const std::string& path) {
  const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(path.c_str()));
  if (!directory) return ErrnoError(errno, "cannot list a folder", path);
  std::vector<DirectoryEntry> entries;
  while (true) {
    errno = 0;  // readdir returns null at the end and on failure; only errno tells them apart
    const dirent* found = ::readdir(directory.get());
    if (found == nullptr) break;
    const std::string_view name = found->d_name;
    if (name == "." || name == "..") continue;
    struct stat status {};
    if (::fstatat(::dirfd(directory.get()), found->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) continue;  // removed since
      return ErrnoError(errno, "cannot list a folder", path + "/" + found->d_name);
    }
    const bool is_directory = S_ISDIR(status.st_mode);
    entries.push_back({std::string(name), is_directory,
                       is_directory ? 0 : static_cast<std::uint64_t>(status.st_size)});
  }
  if (errno != 0) return ErrnoError(errno, "cannot list a folder", path);
  return entries;
}

}  // namespace arc::fs
