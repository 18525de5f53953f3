#include "storage/file_stager.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "storage/partition.h"
#include "storage/time_order.h"

namespace arc::storage {
namespace {

// Open files of one Stage call: of more, FilePublisher syncs the whole file system anyway.
constexpr std::size_t kOpenFilesMax = 8;

void DiscardPath(fs::FileSystem& file_system, const std::string& path) {
  if (auto removed = file_system.Remove(path); !removed.ok()) {
    LogWarning("storage: a temporary file stays until the next start: {}",
               LogText(removed.error()));
  }
}

}  // namespace

Result<std::unique_ptr<FileStager>> FileStager::Open(std::string root, fs::FileSystem& file_system,
                                                     Compression compression) {
  TRY(file_system.CreateDirectories(fmt::format("{}/{}", root, kStagingFolder)));
  return std::unique_ptr<FileStager>(new FileStager(std::move(root), file_system, compression));
}

FileStager::FileStager(std::string root, fs::FileSystem& file_system, Compression compression)
    : root_(std::move(root)), file_system_(file_system), compression_(compression) {}

Result<std::vector<StagedFile>> FileStager::Stage(const StageRequest& request) {
  std::vector<StagedFile> staged;
  auto written = WriteAll(request, staged);
  if (written.ok()) return staged;
  DiscardStaged(file_system_, staged);
  return std::move(written).TakeError();
}

Result<void> FileStager::WriteAll(const StageRequest& request, std::vector<StagedFile>& staged) {
  const auto order = OrderByTime(request.slices);
  const auto partitions = CutIntoPartitions(order.times);
  const SourceColumns columns(request.schema, request.slices);
  const bool keep_open =
      request.after_writing == AfterWriting::kKeepOpen && partitions.size() <= kOpenFilesMax;
  for (const auto& partition : partitions) {
    const auto row_count = partition.row_end - partition.row_begin;
    const FileRows rows{std::span(order.times).subspan(partition.row_begin, row_count),
                        std::span(order.rows).subspan(partition.row_begin, row_count)};
    staged.push_back(
        TRY(WriteOne(request, columns, rows, PartitionFolder(request.table, partition))));
    if (!keep_open) TRY(CloseFile(staged.back()));
  }
  return {};
}

Result<StagedFile> FileStager::WriteOne(const StageRequest& request, const SourceColumns& columns,
                                        const FileRows& rows, const std::string& folder) {
  const auto id = ids_.Next();
  StagedFile staged;
  staged.staged_path = fmt::format("{}/{}/{}", root_, kStagingFolder, StagedName(id));
  staged.file = TRY(file_system_.Create(staged.staged_path));
  auto written =
      WriteParquetFile(*staged.file, request.schema, columns, rows, request.labels, compression_);
  if (!written.ok()) {
    staged.file.reset();
    DiscardPath(file_system_, staged.staged_path);
    return std::move(written).TakeError();
  }
  staged.entry.path = fmt::format("{}/{}", folder, PublishedName(id));
  staged.entry.min_time = rows.times.front();
  staged.entry.max_time = rows.times.back();
  staged.entry.row_count = rows.times.size();
  staged.entry.byte_count = written.value().byte_count;
  staged.entry.checksum = written.value().checksum;
  staged.entry.footer_bytes = written.value().footer_bytes;
  staged.entry.footer_checksum = written.value().footer_checksum;
  staged.entry.min_lsn = request.labels.min_lsn;
  staged.entry.max_lsn = request.labels.max_lsn;
  return staged;
}

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

}  // namespace arc::storage
