#include "data/wal/quarantine.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/wal/file_names.h"

namespace arc::wal {
namespace {

constexpr std::uint64_t kCopyBytes = std::uint64_t{1} << 20;  // at once; arbitrary

Result<void> Copy(FileWindow& from, std::uint64_t begin, std::uint64_t end, fs::AppendFile& to) {
  while (begin < end) {
    const auto bytes = TRY(from.View(begin, std::min(end - begin, kCopyBytes)));
    if (bytes.empty()) break;
    TRY(to.Append(bytes));
    begin += bytes.size();
  }
  TRY(to.Sync());
  return to.Close();
}

}  // namespace

Result<std::string> SaveToQuarantine(fs::FileSystem& file_system, const std::string& directory,
                                     const std::string& place, FileWindow& file,
                                     std::uint64_t begin, std::uint64_t end) {
  end = TRY(file.EndWithoutZeros(begin, end));
  if (begin == end) return std::string{};
  const auto folder = fmt::format("{}/{}", directory, kQuarantine);
  const auto path = fmt::format("{}/{}-{:x}.bin", folder, place, begin);
  if (TRY(file_system.Exists(path))) return path;
  TRY(file_system.CreateDirectories(folder));
  const auto aside = path + ".tmp";
  if (TRY(file_system.Exists(aside))) TRY(file_system.Remove(aside));
  const auto target = TRY(file_system.Create(aside));
  TRY(Copy(file, begin, end, *target));
  TRY(file_system.Rename(aside, path));
  TRY(file_system.SyncDirectory(folder));
  return path;
}

}  // namespace arc::wal
