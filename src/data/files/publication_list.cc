#include "data/files/publication_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

#include "data/files/file_name.h"
#include "foundation/base/log.h"
#include "foundation/model/names.h"

namespace arc::files {
namespace {

constexpr std::string_view kFirstLine = "arc publication 1\n";
constexpr std::string_view kLastLine = "end\n";
constexpr std::string_view kSuffix = ".list";
constexpr std::string_view kPublishedSuffix = ".parquet";
constexpr std::uint64_t kListBytesMax = std::uint64_t{256} << 20;  // of a million files

std::string StagingFolder(const std::string& root) {
  return fmt::format("{}/{}", root, kStagingFolder);
}

// a1-<id>.parquet → a1-<id>.list
std::string ListNameOf(std::string_view path) {
  auto name = path.substr(path.rfind('/') + 1);
  name.remove_suffix(kPublishedSuffix.size());
  return std::string(name) + std::string(kSuffix);
}

// Of the measurement that the folders of a published path name; nothing when it cannot be such a
// path. Nothing else is ever deleted.
std::optional<MeasurementName> TableOf(std::string_view path) {
  if (!IsOwnPath(path)) return std::nullopt;
  const auto end_of_database = path.find('/');
  if (end_of_database == std::string_view::npos) return std::nullopt;
  const auto end_of_measurement = path.find('/', end_of_database + 1);
  if (end_of_measurement == std::string_view::npos) return std::nullopt;
  const auto rest = path.substr(end_of_measurement);
  if (rest.find("..") != std::string_view::npos) return std::nullopt;
  MeasurementName name{
      std::string(path.substr(0, end_of_database)),
      std::string(path.substr(end_of_database + 1, end_of_measurement - end_of_database - 1))};
  if (!CheckDatabaseName(name.database).ok() || !CheckMeasurementName(name.measurement).ok()) {
    return std::nullopt;
  }
  return name;
}

// Nothing when it is cut short.
std::optional<std::vector<std::string>> PathsIn(std::string_view list) {
  if (!list.starts_with(kFirstLine) || !list.ends_with(kLastLine)) return std::nullopt;
  list.remove_prefix(kFirstLine.size());
  if (list.size() < kLastLine.size()) return std::nullopt;
  list.remove_suffix(kLastLine.size());
  std::vector<std::string> paths;
  while (!list.empty()) {
    const auto end = list.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    paths.emplace_back(list.substr(0, end));
    list.remove_prefix(end + 1);
  }
  return paths;
}

class UnpublishedSweep {
 public:
  UnpublishedSweep(fs::FileSystem& file_system, const std::string& root,
                   const catalog::Catalog& catalog)
      : file_system_(file_system), root_(root), snapshot_(catalog.snapshot()) {
    // These the catalog had, and their removal is on its way.
    const auto removed = catalog.removed_files().All();
    leaving_.insert(removed.begin(), removed.end());
  }

  Result<void> Visit(const std::string& list_path) {
    const auto text = TRY(fs::ReadWholeFile(file_system_, list_path, kListBytesMax));
    std::set<std::string> folders;
    for (const auto& path : PathsIn(text).value_or(std::vector<std::string>())) {
      if (TRY(Delete(path))) folders.insert(root_ + "/" + fs::ParentOf(path));
    }
    for (const auto& folder : folders) TRY(file_system_.SyncDirectory(folder));
    return RemovePublicationList(file_system_, root_, list_path);
  }
  std::uint64_t deleted_count() const { return deleted_count_; }

 private:
  Result<bool> Delete(const std::string& path) {
    const auto table = TableOf(path);
    if (!table) {
      LogWarning("storage: a list of files names {}, which is none of ours", path);
      return false;
    }
    if (IsLive(*table, path) || leaving_.contains(path)) return false;
    const auto removed = file_system_.Remove(root_ + "/" + path);
    if (!removed.ok()) {
      if (removed.error().code == ErrorCode::kNotFound) return false;
      return removed.error();
    }
    deleted_count_++;
    return true;
  }
  bool IsLive(const MeasurementName& table, const std::string& path) const {
    const auto state = snapshot_->FindMeasurement(table);
    if (state == nullptr) return false;
    const auto& blocks = state->files.blocks();
    return std::any_of(blocks.begin(), blocks.end(), [&](const auto& placed) {
      const auto& files = placed.block->files;
      return std::any_of(files.begin(), files.end(),
                         [&](const auto& file) { return file->path == path; });
    });
  }

  fs::FileSystem& file_system_;
  const std::string& root_;
  const std::shared_ptr<const catalog::Snapshot> snapshot_;
  std::set<std::string> leaving_;
  std::uint64_t deleted_count_ = 0;
};

}  // namespace

Result<std::vector<std::vector<std::string>>> ReadPublicationLists(fs::FileSystem& file_system,
                                                                   const std::string& root) {
  std::vector<std::vector<std::string>> lists;
  const auto folder = StagingFolder(root);
  if (!TRY(file_system.Exists(folder))) return lists;
  for (const auto& entry : TRY(file_system.List(folder))) {
    if (entry.is_directory || !IsPublicationListName(entry.name)) continue;
    auto paths =
        PathsIn(TRY(fs::ReadWholeFile(file_system, folder + "/" + entry.name, kListBytesMax)));
    if (paths) lists.push_back(*std::move(paths));
  }
  return lists;
}

bool IsPublicationListName(std::string_view name) {
  if (!name.ends_with(kSuffix)) return false;
  name.remove_suffix(kSuffix.size());
  return IsPublishedName(std::string(name) + std::string(kPublishedSuffix));
}

std::string PublicationListPath(const std::string& root, const std::vector<std::string>& paths) {
  return StagingFolder(root) + "/" + ListNameOf(paths.front());
}

Result<void> WritePublicationList(fs::FileSystem& file_system, const std::string& root,
                                  const std::vector<std::string>& paths) {
  std::string text(kFirstLine);
  for (const auto& path : paths) text.append(path).append("\n");
  text.append(kLastLine);
  const auto file = TRY(file_system.Create(PublicationListPath(root, paths)));
  TRY(file->Append(text));
  TRY(file->Sync());
  TRY(file->Close());
  return file_system.SyncDirectory(StagingFolder(root));
}

Result<void> RemovePublicationList(fs::FileSystem& file_system, const std::string& root,
                                   const std::string& list_path) {
  const auto removed = file_system.Remove(list_path);
  if (!removed.ok() && removed.error().code != ErrorCode::kNotFound) return removed.error();
  return file_system.SyncDirectory(StagingFolder(root));
}

Result<std::uint64_t> SweepUnpublished(fs::FileSystem& file_system, const std::string& root,
                                       const catalog::Catalog& catalog) {
  const auto folder = StagingFolder(root);
  if (!TRY(file_system.Exists(folder))) return std::uint64_t{0};
  UnpublishedSweep sweep(file_system, root, catalog);
  for (const auto& entry : TRY(file_system.List(folder))) {
    if (entry.is_directory || !IsPublicationListName(entry.name)) continue;
    TRY(sweep.Visit(folder + "/" + entry.name));
  }
  return sweep.deleted_count();
}

}  // namespace arc::files
