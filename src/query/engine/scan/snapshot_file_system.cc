#include "query/engine/scan/snapshot_file_system.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <span>

#include "data/integrity/checked_reader.h"
#include "data/integrity/file_verification.h"

namespace arc::engine {
namespace {

constexpr const char* kBytesOption = "arc_bytes";
constexpr const char* kFooterBytesOption = "arc_footer_bytes";
constexpr const char* kFooterChecksumOption = "arc_footer_checksum";

integrity::ExpectedFile ExpectedOf(const duckdb::OpenFileInfo& file) {
  const auto& options = file.extended_info->options;
  return {options.at(kBytesOption).GetValue<std::uint64_t>(),
          options.at(kFooterBytesOption).GetValue<std::uint32_t>(),
          options.at(kFooterChecksumOption).GetValue<std::uint32_t>()};
}

class SnapshotFileHandle : public duckdb::FileHandle {
 public:
  SnapshotFileHandle(SnapshotFileSystem& its_file_system, const std::string& full_path,
                     std::string its_name, duckdb::FileOpenFlags its_flags,
                     std::shared_ptr<const integrity::FileChecks> checks,
                     std::unique_ptr<fs::ReadFile> file)
      : FileHandle(its_file_system, full_path, its_flags),
        name(std::move(its_name)),
        checks_(std::move(checks)),
        file_(std::move(file)),
        reader_(*checks_, [this](std::uint64_t offset, std::span<char> target) {
          return integrity::ReadFully(*file_, offset, target);
        }) {}

  void Close() override {}

  std::uint64_t byte_count() const { return checks_->byte_count(); }
  Result<void> Read(std::uint64_t offset, std::span<char> target) {
    if (offset > byte_count() || target.size() > byte_count() - offset) {
      return Error{ErrorCode::kCorruptData, "its footer points behind its end"};
    }
    return reader_.Read(offset, target);
  }

  const std::string name;  // as in the catalog
  std::uint64_t position = 0;

 private:
  const std::shared_ptr<const integrity::FileChecks> checks_;
  const std::unique_ptr<fs::ReadFile> file_;
  integrity::CheckedReader reader_;
};

}  // namespace

std::string DrawFilePrefix() {
  std::random_device random;
  std::string prefix = "arc-";
  for (int i = 0; i < 4; i++) prefix += std::to_string(random());
  return prefix + ":";
}

duckdb::OpenFileInfo FileInfoOf(const std::string& prefix, const catalog::FileEntry& file) {
  duckdb::OpenFileInfo info(prefix + "/" + file.path);
  info.extended_info = duckdb::make_shared_ptr<duckdb::ExtendedOpenFileInfo>();
  auto& options = info.extended_info->options;
  options[kBytesOption] = duckdb::Value::UBIGINT(file.byte_count);
  options[kFooterBytesOption] = duckdb::Value::UINTEGER(file.footer_bytes);
  options[kFooterChecksumOption] = duckdb::Value::UINTEGER(file.footer_checksum);
  return info;
}

SnapshotFileSystem::SnapshotFileSystem(std::string prefix, std::string storage_root,
                                       fs::FileSystem& disk, integrity::DamagedFiles* damaged_files)
    : prefix_(std::move(prefix)),
      storage_root_(std::move(storage_root)),
      disk_(disk),
      damaged_files_(damaged_files) {}

bool SnapshotFileSystem::CanHandleFile(const std::string& path) {
  return duckdb::StringUtil::StartsWith(path, prefix_);
}

duckdb::unique_ptr<duckdb::FileHandle> SnapshotFileSystem::OpenFile(
    const std::string&, duckdb::FileOpenFlags, duckdb::optional_ptr<duckdb::FileOpener>) {
  throw duckdb::PermissionException("published files are read by their measurement's name");
}

duckdb::unique_ptr<duckdb::FileHandle> SnapshotFileSystem::OpenFileExtended(
    const duckdb::OpenFileInfo& file, duckdb::FileOpenFlags flags,
    duckdb::optional_ptr<duckdb::FileOpener> opener) {
  if (flags.OpenForWriting()) throw duckdb::PermissionException("published files are read-only");
  if (!file.extended_info || !file.extended_info->options.contains(kBytesOption)) {
    return OpenFile(file.path, flags, opener);
  }
  const auto name = file.path.substr(prefix_.size() + 1);
  auto opened = disk_.Open(integrity::FullPath(storage_root_, name));
  if (!opened.ok()) Throw(name, opened.error());
  auto checks = ChecksOf(name, ExpectedOf(file), *opened.value());
  if (!checks.ok()) Throw(name, checks.error());
  return duckdb::make_uniq<SnapshotFileHandle>(
      *this, file.path, name, flags, std::move(checks).TakeValue(), std::move(opened).TakeValue());
}

Result<SnapshotFileSystem::Checks> SnapshotFileSystem::ChecksOf(
    const std::string& path, const integrity::ExpectedFile& expected, fs::ReadFile& file) {
  if (file.byte_count() == expected.byte_count) {
    const MutexLock lock(mutex_);
    const auto found = loaded_.find(path);
    if (found != loaded_.end() && found->second.expected == expected) {
      if (auto checks = found->second.checks.lock()) return checks;
    }
  }
  Checks checks = std::make_shared<const integrity::FileChecks>(TRY(integrity::FileChecks::Load(
      expected, file.byte_count(), [&file](std::uint64_t offset, std::span<char> target) {
        return integrity::ReadFully(file, offset, target);
      })));
  const MutexLock lock(mutex_);
  if (loaded_.size() >= sweep_at_) {
    std::erase_if(loaded_, [](const auto& entry) { return entry.second.checks.expired(); });
    sweep_at_ = std::max<std::size_t>(1024, 2 * loaded_.size());
  }
  loaded_[path] = {expected, checks};
  return checks;
}

// DuckDB turns what is thrown here into the error of the query.
void SnapshotFileSystem::Throw(const std::string& path, const Error& error) {
  if (damaged_files_ != nullptr) damaged_files_->ReportError(path, error);
  const auto text = fmt::format("stored file {}: {}", path, LogText(error));
  const auto damage = integrity::DamageOf(error);
  if (damage && *damage != integrity::Damage::kUnreadable) {
    throw duckdb::SerializationException(text);
  }
  throw duckdb::IOException(text);
}

duckdb::vector<duckdb::OpenFileInfo> SnapshotFileSystem::Glob(const std::string&,
                                                              duckdb::FileOpener*) {
  return {};
}

std::string SnapshotFileSystem::CanonicalizePath(const std::string& path,
                                                 duckdb::optional_ptr<duckdb::FileOpener>) {
  return path;
}

void SnapshotFileSystem::Read(duckdb::FileHandle& handle, void* buffer, std::int64_t byte_count,
                              duckdb::idx_t location) {
  auto& file = handle.Cast<SnapshotFileHandle>();
  const auto read =
      file.Read(location, {static_cast<char*>(buffer), static_cast<std::size_t>(byte_count)});
  if (!read.ok()) Throw(file.name, read.error());
}

std::int64_t SnapshotFileSystem::Read(duckdb::FileHandle& handle, void* buffer,
                                      std::int64_t byte_count) {
  auto& file = handle.Cast<SnapshotFileHandle>();
  const auto left = static_cast<std::int64_t>(file.byte_count() - file.position);
  const auto count = std::min(byte_count, left);
  Read(handle, buffer, count, file.position);
  file.position += static_cast<std::uint64_t>(count);
  return count;
}

void SnapshotFileSystem::Write(duckdb::FileHandle&, void*, std::int64_t, duckdb::idx_t) {
  throw duckdb::PermissionException("published files are read-only");
}

std::int64_t SnapshotFileSystem::Write(duckdb::FileHandle&, void*, std::int64_t) {
  throw duckdb::PermissionException("published files are read-only");
}

void SnapshotFileSystem::Truncate(duckdb::FileHandle&, std::int64_t) {
  throw duckdb::PermissionException("published files are read-only");
}

std::int64_t SnapshotFileSystem::GetFileSize(duckdb::FileHandle& handle) {
  return static_cast<std::int64_t>(handle.Cast<SnapshotFileHandle>().byte_count());
}

duckdb::FileMetadata SnapshotFileSystem::Stats(duckdb::FileHandle& handle) {
  duckdb::FileMetadata metadata;
  metadata.file_size = GetFileSize(handle);
  metadata.file_type = duckdb::FileType::FILE_TYPE_REGULAR;
  return metadata;
}

void SnapshotFileSystem::Seek(duckdb::FileHandle& handle, duckdb::idx_t location) {
  auto& file = handle.Cast<SnapshotFileHandle>();
  file.position = std::min<std::uint64_t>(location, file.byte_count());
}

duckdb::idx_t SnapshotFileSystem::SeekPosition(duckdb::FileHandle& handle) {
  return handle.Cast<SnapshotFileHandle>().position;
}

}  // namespace arc::engine
