// Rows -> files written aside, which FilePublisher makes appear.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/buffer/live_measurement.h"
#include "data/catalog/file_entry.h"
#include "data/encoding/parquet_file.h"
#include "data/files/file_name.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/model/names.h"
#include "foundation/model/schema.h"

namespace arc::files {

// Written in full, not durable, not visible.
struct StagedFile {
  std::string staged_path;               // with the storage root
  catalog::FileEntry entry;              // as it will be published
  std::unique_ptr<fs::AppendFile> file;  // open while a sync of its own is possible; may be null
};

// Whether files stay open, so that each can be synced by itself, or are closed, so that any number
// can wait to be synced together.
enum class AfterWriting : std::uint8_t { kKeepOpen, kClose };

// Rows of one measurement for a set of files.
struct StageRequest {
  MeasurementName table;
  encoding::FileLabels labels;  // without the parts
  const RowSchema& schema;      // has every column of the slices
  const std::vector<BatchSlice>& slices;
  AfterWriting after_writing = AfterWriting::kKeepOpen;
};

// Lifetime: owned by Store; `file_system` outlives it.
// Threads:  any number of calls at once.
class FileStager {
 public:
  // `root` is the storage root. Creates the staging folder.
  static Result<std::unique_ptr<FileStager>> Open(std::string root, fs::FileSystem& file_system,
                                                  encoding::Compression compression);

  // Writes the rows, one file a partition, in time order. Nothing remains after a failure. Blocks
  // on the disk. No row, no file.
  Result<std::vector<StagedFile>> Stage(const StageRequest& request);

  // Of files that are not published: as DiscardStaged.
  void Discard(std::vector<StagedFile>& files);

  const FileIdSource& ids() const { return ids_; }

 private:
  FileStager(std::string root, fs::FileSystem& file_system, encoding::Compression compression);
  Result<void> WriteAll(const StageRequest& request, std::vector<StagedFile>& staged);
  Result<void> WriteAllOrCatch(const StageRequest& request, std::vector<StagedFile>& staged);
  // Fills in `staged`, whose path is empty as long as there is no file.
  Result<void> WriteOne(const StageRequest& request, const encoding::FileLabels& labels,
                        const encoding::SourceColumns& columns, const encoding::FileRows& rows,
                        const std::string& folder, StagedFile& staged);

  const std::string root_;
  fs::FileSystem& file_system_;
  const encoding::Compression compression_;
  FileIdSource ids_;
};

// The disk's failure with a file of ours. "Not found" becomes kStorageFailed: one of our own
// folders is gone, and the client has asked for nothing that does not exist.
Error DiskFailure(Error error);

// What the catalog is to hold of them.
std::vector<catalog::FileEntry> EntriesOf(const std::vector<StagedFile>& files);

// Closes the file if it is open.
Result<void> CloseFile(StagedFile& staged);

// Closes and removes staged files; what cannot be removed is logged and left to the next start.
void DiscardStaged(fs::FileSystem& file_system, std::vector<StagedFile>& files);

}  // namespace arc::files
