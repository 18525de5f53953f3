#include "foundation/fs/errno_error.h"

#include <cerrno>
#include <system_error>

namespace arc::fs {
namespace {

ErrorCode CodeOf(int error_number) {
  switch (error_number) {
    case ENOENT:
      return ErrorCode::kNotFound;
    case EEXIST:
      return ErrorCode::kAlreadyExists;
    case ENOSPC:
    case EDQUOT:
      return ErrorCode::kNoSpace;
    default:
      return ErrorCode::kStorageFailed;
  }
}

}  // namespace

Error ErrnoError(int error_number, std::string_view what, const std::string& path) {
  Error error{CodeOf(error_number), std::string(what),
              path + ": " + std::generic_category().message(error_number) + " (errno " +
                  std::to_string(error_number) + ")"};
  if (error.code == ErrorCode::kNoSpace) error.message += ": no space left on device";
  return error;
}

}  // namespace arc::fs
