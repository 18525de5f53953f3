#include "data/files/startup_sweep.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unordered_set>
#include <utility>

#include "data/files/publication_list.h"
#include "foundation/base/exception_error.h"
#include "foundation/base/log.h"
#include "foundation/model/names.h"

namespace arc::files {
namespace {

using Paths = std::unordered_set<std::string>;

Paths LivePaths(const catalog::Snapshot& snapshot) {
  Paths paths;
  for (const auto& database : snapshot.Databases()) {
    for (const auto& measurement : snapshot.Measurements(database->name)) {
      for (const auto& placed : measurement->files.blocks()) {
        for (const auto& file : placed.block->files) paths.insert(file->path);
      }
    }
  }
  return paths;
}

// Takes every path found on disk out of `paths`, and reports those that were not there.
class Walk {
 public:
  Walk(fs::FileSystem& file_system, const std::string& root, const FileIdSource& ids,
       const std::atomic<bool>& cancelled, const Paths& leaving, Paths& paths,
       ComparisonReport& report)
      : file_system_(file_system),
        root_(root),
        ids_(ids),
        cancelled_(cancelled),
        leaving_(leaving),
        paths_(paths),
        report_(report) {}

  Result<void> Run() {
    for (const auto& entry : TRY(file_system_.List(root_))) {
      if (entry.is_directory && IsDatabaseName(entry.name)) TRY(Enter(entry.name));
    }
    return {};
  }

 private:
  Result<void> Enter(const std::string& folder) {
    if (cancelled_) return Error{ErrorCode::kCancelled, "the walk over the files was stopped"};
    auto entries = file_system_.List(root_ + "/" + folder);
    // An empty folder goes at any moment.
    if (!entries.ok() && entries.error().code == ErrorCode::kNotFound) return {};
    for (const auto& entry : TRY(std::move(entries))) {
      const auto path = folder + "/" + entry.name;
      if (entry.is_directory) {
        TRY(Enter(path));
      } else if (paths_.erase(path) > 0) {
        report_.live_count++;
      } else if (!IsPublishedName(entry.name)) {
        report_.foreign.Add(path);
      } else if (!leaving_.contains(path) &&
                 !ids_.IsOurs(entry.name)) {  // else just published, or about to be
        report_.unlisted.Add(path);
      }
    }
    return {};
  }

  fs::FileSystem& file_system_;
  const std::string& root_;
  const FileIdSource& ids_;
  const std::atomic<bool>& cancelled_;
  const Paths& leaving_;  // removed from the catalog, not deleted yet
  Paths& paths_;
  ComparisonReport& report_;
};

void LogReport(const ComparisonReport& report) {
  LogInfo("storage: {} files are as the catalog says", report.live_count);
  if (report.missing.count > 0) {
    LogError("storage: {} files of the catalog are missing on disk, their rows cannot be read: {}",
             report.missing.count, fmt::join(report.missing.first, ", "));
  }
  if (report.unlisted.count > 0) {
    LogWarning("storage: {} data files are not in the catalog and are left alone: {}",
               report.unlisted.count, fmt::join(report.unlisted.first, ", "));
  }
  if (report.foreign.count > 0) {
    LogWarning("storage: {} files are not ours and are left alone: {}", report.foreign.count,
               fmt::join(report.foreign.first, ", "));
  }
}

}  // namespace

Result<std::uint64_t> SweepStaging(fs::FileSystem& file_system, const std::string& root) {
  const auto folder = fmt::format("{}/{}", root, kStagingFolder);
  if (!TRY(file_system.Exists(folder))) return std::uint64_t{0};
  std::uint64_t count = 0;
  for (const auto& entry : TRY(file_system.List(folder))) {
    if (!entry.is_directory && IsPublicationListName(entry.name)) continue;  // SweepUnpublished
    if (entry.is_directory || !IsStagedName(entry.name)) {
      LogWarning("storage: {}/{} is not ours and is left alone", folder, entry.name);
      continue;
    }
    TRY(file_system.Remove(folder + "/" + entry.name));
    count++;
  }
  if (count > 0) LogInfo("storage: removed {} temporary files of an earlier run", count);
  return count;
}

void ComparisonReport::Finding::Add(const std::string& path) {
  count++;
  if (first.size() < kNamedMax) first.push_back(path);
}

Result<ComparisonReport> CompareFiles(fs::FileSystem& file_system, const std::string& root,
                                      const catalog::Catalog& catalog, const FileIdSource& ids,
                                      const std::atomic<bool>& cancelled) {
  ComparisonReport report;
  auto paths = LivePaths(*catalog.snapshot());
  // After the snapshot: what is removed between the two is in both.
  const auto removed = catalog.removed_files().All();
  const Paths leaving(removed.begin(), removed.end());
  TRY(Walk(file_system, root, ids, cancelled, leaving, paths, report).Run());
  if (paths.empty()) return report;
  // What was not met may have been replaced since: only what is still live is missing.
  const auto still_live = LivePaths(*catalog.snapshot());
  for (const auto& path : paths) {
    if (cancelled) return Error{ErrorCode::kCancelled, "the walk over the files was stopped"};
    if (!still_live.contains(path)) continue;
    if (path.starts_with('/') && TRY(file_system.Exists(path))) {  // adopted outside of the root
      report.live_count++;
    } else {
      report.missing.Add(path);
    }
  }
  return report;
}

FileComparison::FileComparison(fs::FileSystem& file_system, std::string root,
                               const catalog::Catalog& catalog, const FileIdSource& ids) {
  thread_ = Thread("file-compare", [this, &file_system, &catalog, &ids, root = std::move(root)] {
    try {
      const auto report = CompareFiles(file_system, root, catalog, ids, is_cancelled_);
      if (report.ok()) {
        LogReport(report.value());
      } else if (report.error().code != ErrorCode::kCancelled) {
        LogFailure("storage: the files could not be compared with the catalog", report.error());
      }
    } catch (...) {
      LogExceptionOf("storage", "could not compare the files with the catalog");
    }
  });
}

void FileComparison::Close() {
  is_cancelled_ = true;
  if (thread_.joinable()) thread_.Join();
}

}  // namespace arc::files
