#include "data/files/file_stager.h"

#include <fmt/format.h>

#include <utility>

#include "data/encoding/time_order.h"
#include "data/files/partition.h"
#include "foundation/base/exception_error.h"
#include "foundation/base/log.h"

namespace arc::files {
namespace {

// Open files of one Stage call: of more, FilePublisher syncs the whole file system anyway.
constexpr std::size_t kOpenFilesMax = 8;

void DiscardPath(fs::FileSystem& file_system, const std::string& path) {
  if (path.empty()) return;
  const auto removed = file_system.Remove(path);
  if (!removed.ok() && removed.error().code != ErrorCode::kNotFound) {
    LogWarning("storage: a temporary file stays until the next start: {}",
               LogText(removed.error()));
  }
}

}  // namespace

Result<std::unique_ptr<FileStager>> FileStager::Open(std::string root, fs::FileSystem& file_system,
                                                     encoding::Compression compression) {
  TRY(file_system.CreateDirectories(fmt::format("{}/{}", root, kStagingFolder)));
  return std::unique_ptr<FileStager>(new FileStager(std::move(root), file_system, compression));
}

FileStager::FileStager(std::string root, fs::FileSystem& file_system,
                       encoding::Compression compression)
    : root_(std::move(root)), file_system_(file_system), compression_(compression) {}

Result<std::vector<StagedFile>> FileStager::Stage(const StageRequest& request) {
  std::vector<StagedFile> staged;
  auto written = WriteAllOrCatch(request, staged);
  if (written.ok()) return staged;
  DiscardStaged(file_system_, staged);
  return DiskFailure(std::move(written).TakeError());
}

// Memory may run out anywhere: what is on disk by then must go all the same.
Result<void> FileStager::WriteAllOrCatch(const StageRequest& request,
                                         std::vector<StagedFile>& staged) {
  try {
    return WriteAll(request, staged);
  } catch (...) {
    return ErrorOfException();
  }
}

Result<void> FileStager::WriteAll(const StageRequest& request, std::vector<StagedFile>& staged) {
  const auto order = encoding::OrderByTime(request.slices);
  const auto partitions = CutIntoPartitions(order.times);
  const encoding::SourceColumns columns(request.schema, request.slices);
  const bool keep_open =
      request.after_writing == AfterWriting::kKeepOpen && partitions.size() <= kOpenFilesMax;
  for (const auto& partition : partitions) {
    const auto row_count = partition.row_end - partition.row_begin;
    const encoding::FileRows rows{std::span(order.times).subspan(partition.row_begin, row_count),
                                  std::span(order.rows).subspan(partition.row_begin, row_count)};
    auto labels = request.labels;
    labels.part = static_cast<std::uint32_t>(staged.size() + 1);
    labels.part_count = static_cast<std::uint32_t>(partitions.size());
    staged.emplace_back();  // before there is a file that would have to go
    TRY(WriteOne(request, labels, columns, rows, PartitionFolder(request.table, partition),
                 staged.back()));
    if (!keep_open) TRY(CloseFile(staged.back()));
  }
  return {};
}

Result<void> FileStager::WriteOne(const StageRequest& request, const encoding::FileLabels& labels,
                                  const encoding::SourceColumns& columns,
                                  const encoding::FileRows& rows, const std::string& folder,
                                  StagedFile& staged) {
  const auto id = ids_.Next();
  staged.staged_path = fmt::format("{}/{}/{}", root_, kStagingFolder, StagedName(id));
  staged.file = TRY(file_system_.Create(staged.staged_path));
  const auto written = TRY(encoding::WriteParquetFile(*staged.file, request.schema, columns, rows,
                                                      labels, compression_));
  staged.entry.path = fmt::format("{}/{}", folder, PublishedName(id));
  staged.entry.min_time = rows.times.front();
  staged.entry.max_time = rows.times.back();
  staged.entry.row_count = rows.times.size();
  staged.entry.byte_count = written.byte_count;
  staged.entry.checksum = written.checksum;
  staged.entry.footer_bytes = written.footer_bytes;
  staged.entry.footer_checksum = written.footer_checksum;
  staged.entry.min_lsn = request.labels.min_lsn;
  staged.entry.max_lsn = request.labels.max_lsn;
  return {};
}

Error DiskFailure(Error error) {
  if (error.code != ErrorCode::kNotFound) return error;
  return {ErrorCode::kStorageFailed, "a folder or file of the storage is gone",
          LogText(std::move(error))};
}

void FileStager::Discard(std::vector<StagedFile>& files) { DiscardStaged(file_system_, files); }

std::vector<catalog::FileEntry> EntriesOf(const std::vector<StagedFile>& files) {
  std::vector<catalog::FileEntry> entries;
  entries.reserve(files.size());
  for (const auto& staged : files) entries.push_back(staged.entry);
  return entries;
}

Result<void> CloseFile(StagedFile& staged) {
  if (staged.file == nullptr) return {};
  const auto file = std::move(staged.file);
  return file->Close();
}

void DiscardStaged(fs::FileSystem& file_system, std::vector<StagedFile>& files) {
  for (auto& staged : files) {
    staged.file.reset();
    DiscardPath(file_system, staged.staged_path);
  }
  files.clear();
}

}  // namespace arc::files
