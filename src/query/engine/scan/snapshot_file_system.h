// The only files that the locked DuckDB may open: paths under a random prefix, new for each
// instance. So SQL cannot reach the storage folder itself: no read_parquet that evades a token's
// rights, no glob, no COPY TO into it, even if a statement gets through the guard.
//
// Here damage on the disk becomes an error and never an answer:
// - When a file is opened, its size and its footer are compared with the catalog's entry, which
//   FileInfoOf has put into the options of the path. Without these options nothing is opened.
// - When it is read, each 64 KiB block is compared with its checksum in the footer
//   (integrity/checked_reader.h).
// A file that fails either check is reported to DamagedFiles, and the query fails.
//
// Each thread of a scan opens the file on its own. The checks of the footer are shared between
// them, for as long as one of them has the file open.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "data/integrity/damaged_files.h"
#include "data/integrity/file_checks.h"
#include "foundation/base/mutex.h"
#include "foundation/fs/file_system.h"
#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// "arc-" and random digits. It is not the only protection, but clients should not see it either.
std::string DrawFilePrefix();

// What DuckDB must open: the path under `prefix`, with the expected size and footer.
duckdb::OpenFileInfo FileInfoOf(const std::string& prefix, const catalog::FileEntry& file);

// Opens "<prefix>/<path of the catalog>" for reading; that path is relative to `storage_root`, or
// absolute for an adopted file. Throws SerializationException for a file that is missing or not as
// it was written, IOException when the disk fails; reports both.
//
// Threads: any.
class SnapshotFileSystem : public duckdb::LocalFileSystem {
 public:
  // `disk` and `damaged_files` outlive it; `damaged_files` may be null.
  SnapshotFileSystem(std::string prefix, std::string storage_root, fs::FileSystem& disk,
                     integrity::DamagedFiles* damaged_files);

  bool CanHandleFile(const std::string& path) override;
  std::string GetName() const override { return "SnapshotFileSystem"; }
  // Always refuses: only what FileInfoOf describes is opened.
  duckdb::unique_ptr<duckdb::FileHandle> OpenFile(
      const std::string& path, duckdb::FileOpenFlags flags,
      duckdb::optional_ptr<duckdb::FileOpener> opener) override;
  duckdb::vector<duckdb::OpenFileInfo> Glob(const std::string& pattern,
                                            duckdb::FileOpener* opener) override;
  // Paths are canonical already; asking the disk would cost system calls for each file.
  std::string CanonicalizePath(const std::string& path,
                               duckdb::optional_ptr<duckdb::FileOpener> opener) override;

  void Read(duckdb::FileHandle& handle, void* buffer, std::int64_t byte_count,
            duckdb::idx_t location) override;
  std::int64_t Read(duckdb::FileHandle& handle, void* buffer, std::int64_t byte_count) override;
  void Write(duckdb::FileHandle&, void*, std::int64_t, duckdb::idx_t) override;
  std::int64_t Write(duckdb::FileHandle&, void*, std::int64_t) override;
  bool Trim(duckdb::FileHandle&, duckdb::idx_t, duckdb::idx_t) override { return false; }
  void Truncate(duckdb::FileHandle&, std::int64_t) override;
  void FileSync(duckdb::FileHandle&) override {}

  std::int64_t GetFileSize(duckdb::FileHandle& handle) override;
  // Published files never change, and their paths are not used again.
  duckdb::timestamp_t GetLastModifiedTime(duckdb::FileHandle&) override { return {}; }
  std::string GetVersionTag(duckdb::FileHandle&) override { return ""; }
  duckdb::FileType GetFileType(duckdb::FileHandle&) override {
    return duckdb::FileType::FILE_TYPE_REGULAR;
  }
  duckdb::FileMetadata Stats(duckdb::FileHandle& handle) override;
  void Seek(duckdb::FileHandle& handle, duckdb::idx_t location) override;
  duckdb::idx_t SeekPosition(duckdb::FileHandle& handle) override;

 protected:
  duckdb::unique_ptr<duckdb::FileHandle> OpenFileExtended(
      const duckdb::OpenFileInfo& file, duckdb::FileOpenFlags flags,
      duckdb::optional_ptr<duckdb::FileOpener> opener) override;
  bool SupportsOpenFileExtended() const override { return true; }

 private:
  using Checks = std::shared_ptr<const integrity::FileChecks>;

  // The checks of a file that somebody has open, and the expectation that they were made with.
  struct LoadedChecks {
    integrity::ExpectedFile expected;
    std::weak_ptr<const integrity::FileChecks> checks;
  };

  Result<Checks> ChecksOf(const std::string& path, const integrity::ExpectedFile& expected,
                          fs::ReadFile& file);
  [[noreturn]] void Throw(const std::string& path, const Error& error);

  const std::string prefix_;
  const std::string storage_root_;
  fs::FileSystem& disk_;
  integrity::DamagedFiles* const damaged_files_;

  // By path; entries whose checks nobody uses any more are removed from time to time.
  Mutex mutex_;
  std::unordered_map<std::string, LoadedChecks> loaded_ GUARDED_BY(mutex_);
  std::size_t sweep_at_ GUARDED_BY(mutex_) = 1024;
};

}  // namespace arc::engine
