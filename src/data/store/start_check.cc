#include "data/store/start_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>
#include <vector>

#include "data/files/file_name.h"
#include "data/wal/file_names.h"
#include "foundation/model/names.h"

namespace arc::store {
namespace {

constexpr std::uint64_t kCountedFilesMax = 10'000;  // more are not worth the time

struct FoundFiles {
  std::uint64_t count = 0;
  std::string first;
};

// What is listed, and nothing when there is no such folder.
Result<std::vector<fs::DirectoryEntry>> ListIfThere(fs::FileSystem& file_system,
                                                    const std::string& path) {
  auto listed = file_system.List(path);
  if (!listed.ok() && listed.error().code == ErrorCode::kNotFound) {
    return std::vector<fs::DirectoryEntry>();
  }
  return listed;
}

Result<void> CountOwnFiles(fs::FileSystem& file_system, const std::string& folder,
                           FoundFiles& found) {
  for (const auto& entry : TRY(ListIfThere(file_system, folder))) {
    if (found.count >= kCountedFilesMax) return {};
    const auto path = folder + "/" + entry.name;
    if (entry.is_directory) {
      TRY(CountOwnFiles(file_system, path, found));
    } else if (files::IsPublishedName(entry.name) && found.count++ == 0) {
      found.first = path;
    }
  }
  return {};
}

// In folders that may be those of databases: the folders of others can be large.
Result<FoundFiles> FindOwnFiles(fs::FileSystem& file_system, const std::string& root) {
  FoundFiles found;
  for (const auto& entry : TRY(ListIfThere(file_system, root))) {
    if (!entry.is_directory || !IsDatabaseName(entry.name)) continue;
    TRY(CountOwnFiles(file_system, root + "/" + entry.name, found));
  }
  return found;
}

// The length of a file; nothing when it is not there.
Result<std::optional<std::uint64_t>> LengthOf(fs::FileSystem& file_system,
                                              const std::string& path) {
  const auto opened = file_system.Open(path);
  if (opened.ok()) return std::optional(opened.value()->byte_count());
  if (opened.error().code == ErrorCode::kNotFound) return std::optional<std::uint64_t>();
  return opened.error();
}

// What there is of a server that has run here before, in words.
Result<std::vector<std::string>> FindTraces(fs::FileSystem& file_system, const StorePaths& paths) {
  std::vector<std::string> traces;
  const auto files = TRY(FindOwnFiles(file_system, paths.files_root));
  if (files.count > 0) {
    traces.push_back(fmt::format("{}{} data files below {} (such as {})",
                                 files.count >= kCountedFilesMax ? "at least " : "", files.count,
                                 paths.files_root, files.first));
  }
  if (TRY(file_system.Exists(paths.log))) {
    const auto log = TRY(wal::ListLogFiles(file_system, paths.log));
    const auto count = log.segments.size() + log.checkpoints.size();
    if (count > 0) {
      traces.push_back(fmt::format("{} files of the write-ahead log in {}", count, paths.log));
    }
  }
  if (TRY(LengthOf(file_system, paths.catalog + "-wal")).value_or(0) > 0) {
    traces.push_back(paths.catalog + "-wal");
  }
  const auto state = TRY(inventory::ReadState(file_system, paths.state()));
  if (state.is_damaged || (state.state && state.state->catalog_generation > 0)) {
    traces.push_back(fmt::format("{}, which tells of a catalog", paths.state()));
  }
  return traces;
}

std::string RebuildCommand(const StorePaths& paths, std::string_view more = "") {
  return fmt::format("`arc catalog rebuild --data-dir {}{}`", paths.data_directory, more);
}

}  // namespace

Result<void> CheckCatalogIsThere(fs::FileSystem& file_system, const StorePaths& paths) {
  const auto length = TRY(LengthOf(file_system, paths.catalog));
  if (length.value_or(0) > 0) return {};
  const auto traces = TRY(FindTraces(file_system, paths));
  if (traces.empty()) return {};
  return Error{
      ErrorCode::kCorruptData,
      fmt::format("the catalog {} {}, but what belongs to it is there: {}. A start as a new server "
                  "would hide it, so nothing was made or changed. Put the catalog back from a copy "
                  "(with its -wal file, if it had one); or make a new one of the data files with "
                  "{}; or choose another data directory (storage.data_directory)",
                  paths.catalog, length ? "is empty" : "is missing", fmt::join(traces, "; "),
                  RebuildCommand(paths, length ? " --replace" : ""))};
}

Result<void> CheckIsNotNew(fs::FileSystem& file_system, const StorePaths& paths) {
  if (TRY(file_system.Exists(paths.catalog))) return {};
  return Error{ErrorCode::kNotFound,
               fmt::format("there is no catalog {}, and storage.must_exist says that there must be "
                           "one: is the disk of the data directory {} mounted? For the first start "
                           "of a new server set it to false",
                           paths.catalog, paths.data_directory)};
}

Result<void> CheckCatalogIsNewest(std::uint64_t generation, const inventory::FoundState& found,
                                  const StorePaths& paths) {
  const auto expected = found.state ? found.state->catalog_generation : 0;
  if (generation >= expected) return {};
  return Error{
      ErrorCode::kCorruptData,
      fmt::format(
          "the catalog {} is older than it was: it has seen {} transactions, and there were "
          "at least {}. It may be an old copy, or its -wal file is missing; files written "
          "since are not in it. Put the newest catalog and its -wal file back; or make a "
          "new one of the data files with {}; or, to go on with it as it is and without "
          "those files, remove {}",
          paths.catalog, generation, expected, RebuildCommand(paths, " --replace"), paths.state())};
}

Result<void> CheckFilesAreThere(fs::FileSystem& file_system, const catalog::Snapshot& snapshot,
                                const StorePaths& paths) {
  std::uint64_t file_count = 0;
  for (const auto& database : snapshot.Databases()) {
    std::uint64_t own_count = 0;
    for (const auto& state : snapshot.Measurements(database->name)) {
      for (const auto& placed : state->files.blocks()) {
        for (const auto& file : placed.block->files)
          own_count += file->path.starts_with('/') ? 0 : 1;
      }
    }
    if (own_count == 0) continue;
    if (TRY(file_system.Exists(paths.files_root + "/" + database->name))) return {};
    file_count += own_count;
  }
  if (file_count == 0) return {};
  return Error{
      ErrorCode::kStorageFailed,
      fmt::format(
          "the catalog has {} data files below {}, and the folder holds none of their "
          "databases: is its disk mounted? Nothing was made or changed. Put the folder back "
          "(storage.local_path); or, if the files are lost, make a new catalog of what is "
          "there with {}",
          file_count, paths.files_root, RebuildCommand(paths, " --replace"))};
}

Result<bool> AreTokensLost(fs::FileSystem& file_system, const std::string& tokens_path,
                           const StorePaths& paths) {
  const auto found = TRY(inventory::ReadState(file_system, paths.state()));
  if (!found.state || !found.state->has_tokens) return false;
  return TRY(LengthOf(file_system, tokens_path)).value_or(0) == 0;
}

Error CatalogUnreadable(Error error, const StorePaths& paths) {
  if (error.code != ErrorCode::kCorruptData && error.code != ErrorCode::kStorageFailed) {
    return error;
  }
  error.message += fmt::format(
      ". The way on: put {} back from a copy (with its -wal file, if it had one), or make a new "
      "one "
      "of the data files with {}",
      paths.catalog, RebuildCommand(paths, " --replace"));
  return error;
}

}  // namespace arc::store
