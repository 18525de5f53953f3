#include "data/store/data_directory.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace arc::store {
namespace {

constexpr std::size_t kMarkerBytesMax = 64;

std::optional<int> ParseVersion(std::string_view marker) {
  int version = 0;
  const auto [end, error] = std::from_chars(marker.data(), marker.data() + marker.size(), version);
  const bool is_whole_line = error == std::errc() && end != marker.data() + marker.size() &&
                             *end == '\n' && end + 1 == marker.data() + marker.size();
  return is_whole_line ? std::optional(version) : std::nullopt;
}

std::string MarkerOf(const std::string& path) { return path + "/arc.format"; }

// False when there is no marker.
Result<bool> CheckFormat(fs::FileSystem& file_system, const std::string& path) {
  const auto marker_path = MarkerOf(path);
  if (!TRY(file_system.Exists(marker_path))) return false;
  const auto marker = TRY(fs::ReadWholeFile(file_system, marker_path, kMarkerBytesMax));
  const auto version = ParseVersion(marker);
  if (!version) {
    return Error{ErrorCode::kCorruptData,
                 fmt::format("{} does not hold a format version: is {} a data directory of Arc? If "
                             "it is, and only this file was damaged, remove the file: the next "
                             "start writes it anew",
                             marker_path, path)};
  }
  if (*version > DataDirectory::kFormatVersion) {
    return Error{ErrorCode::kCorruptData,
                 fmt::format("the data directory {} has format version {}, this server knows "
                             "versions up to {}: start a newer server",
                             path, *version, DataDirectory::kFormatVersion)};
  }
  return true;
}

// The first thing that is written fails: on a disk that may only be read, most of the time.
Error NotWritable(Error error, const std::string& path) {
  if (error.code != ErrorCode::kStorageFailed) return error;
  error.message = fmt::format(
      "the data directory {} cannot be written ({}): is its disk mounted for reading only, or does "
      "it belong to another user? Make it writable for the server, or choose another directory "
      "(storage.data_directory)",
      path, error.message);
  return error;
}

}  // namespace

Result<std::unique_ptr<DataDirectory>> DataDirectory::Open(fs::FileSystem& file_system,
                                                           const std::string& path) {
  auto created = file_system.CreateDirectories(path);
  if (!created.ok()) return NotWritable(std::move(created).TakeError(), path);
  auto lock = file_system.Lock(path + "/arc.lock");
  if (!lock.ok()) {
    if (lock.error().code != ErrorCode::kOverloaded) {
      return NotWritable(std::move(lock).TakeError(), path);
    }
    return Error{
        ErrorCode::kOverloaded,
        fmt::format("another server uses the data directory {}: stop it, or choose another "
                    "directory (storage.data_directory)",
                    path),
        lock.error().detail};
  }
  const bool is_marked = TRY(CheckFormat(file_system, path));
  return std::unique_ptr<DataDirectory>(
      new DataDirectory(file_system, path, std::move(lock).TakeValue(), is_marked));
}

Result<void> DataDirectory::Mark() {
  if (is_marked_) return {};
  TRY(fs::WriteWholeFile(file_system_, MarkerOf(path_), fmt::format("{}\n", kFormatVersion)));
  is_marked_ = true;
  return {};
}

}  // namespace arc::store
