#include "foundation/fs/file_system.h"

namespace arc::fs {
namespace {

Result<void> WriteAside(FileSystem& file_system, const std::string& path, std::string_view bytes) {
  const auto file = TRY(file_system.Create(path));
  TRY(file->Append(bytes));
  TRY(file->Sync());
  return file->Close();
}

}  // namespace

Result<std::string> ReadWholeFile(FileSystem& file_system, const std::string& path,
                                  std::size_t bytes_max) {
  const auto file = TRY(file_system.Open(path));
  if (file->byte_count() > bytes_max) {
    return Error{ErrorCode::kTooLarge, "cannot read a file: it is too large",
                 path + ": " + std::to_string(file->byte_count()) + " bytes, at most " +
                     std::to_string(bytes_max)};
  }
  std::string bytes(static_cast<std::size_t>(file->byte_count()), '\0');
  bytes.resize(TRY(file->ReadAt(0, bytes)));
  return bytes;
}

// The temporary name is fixed, so the next call replaces what a crash has left behind.
Result<void> WriteWholeFile(FileSystem& file_system, const std::string& path,
                            std::string_view bytes) {
  const auto aside = path + ".tmp";
  if (TRY(file_system.Exists(aside))) TRY(file_system.Remove(aside));
  auto written = WriteAside(file_system, aside, bytes);
  if (written.ok()) written = file_system.Rename(aside, path);
  if (!written.ok()) {
    IgnoreFailure(file_system.Remove(aside), "the first failure is what the caller must hear");
    return written;
  }
  return file_system.SyncDirectory(ParentOf(path));
}

std::string ParentOf(const std::string& path) {
  const auto name_end = path.find_last_not_of('/');
  if (name_end == std::string::npos) return path.empty() ? "." : "/";
  const auto slash = path.find_last_of('/', name_end);
  if (slash == std::string::npos) return ".";
  const auto parent_end = path.find_last_not_of('/', slash);
  return parent_end == std::string::npos ? "/" : path.substr(0, parent_end + 1);
}

}  // namespace arc::fs
