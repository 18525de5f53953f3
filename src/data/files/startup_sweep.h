// What start-up does about files that a crash or another program left. docs/formats/files.md tells
// what is deleted, and that is little.

#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "data/catalog/catalog.h"
#include "data/files/file_name.h"
#include "foundation/base/result.h"
#include "foundation/base/thread.h"
#include "foundation/fs/file_system.h"

namespace arc::files {

// Deletes the temporary files of a run that ended without finishing them, and returns how many.
// For start-up, before anything is staged. Costs one listing of one folder.
Result<std::uint64_t> SweepStaging(fs::FileSystem& file_system, const std::string& root);

struct ComparisonReport {
  static constexpr std::size_t kNamedMax = 20;

  // Counts of all, and the paths (relative to the root) of the first ones.
  struct Finding {
    std::uint64_t count = 0;
    std::vector<std::string> first;
    void Add(const std::string& path);
  };
  std::uint64_t live_count = 0;  // files that are in the catalog and on disk
  Finding missing;               // in the catalog, not on disk: their rows cannot be read
  Finding unlisted;              // data files of ours that the catalog does not have
  Finding foreign;               // anything else below the folders of databases
};

// Compares the catalog with the folders below `root`: one walk, no file is opened. Deletes nothing.
// Files that come or go meanwhile are not reported. Fails when a folder cannot be listed, with
// kCancelled once `cancelled` is set.
Result<ComparisonReport> CompareFiles(fs::FileSystem& file_system, const std::string& root,
                                      const catalog::Catalog& catalog, const FileIdSource& ids,
                                      const std::atomic<bool>& cancelled);

// Runs CompareFiles once in the background, and logs what it finds.
//
// Lifetime: built by Store when the catalog is open, closed before the catalog is.
// Threads:  one of its own, "file-compare", until it is done.
class FileComparison {
 public:
  // What is given must outlive this.
  FileComparison(fs::FileSystem& file_system, std::string root, const catalog::Catalog& catalog,
                 const FileIdSource& ids);
  FileComparison(const FileComparison&) = delete;
  FileComparison& operator=(const FileComparison&) = delete;
  ~FileComparison() { Close(); }

  // Stops the walk if it still runs, and joins the thread.
  void Close();

 private:
  std::atomic<bool> is_cancelled_{false};
  Thread thread_;
};

}  // namespace arc::files
