#include "data/offline/found_files.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "data/adoption/adopted_file.h"
#include "data/files/file_checksum.h"
#include "data/files/file_name.h"
#include "data/integrity/file_checks.h"
#include "data/integrity/file_verification.h"

namespace arc::offline {
namespace {

class Walk {
 public:
  Walk(fs::FileSystem& file_system, const std::string& root, const FindListener& listener)
      : file_system_(file_system), root_(root), listener_(listener) {}

  Result<FoundFiles> Run() {
    for (const auto& database : TRY(Folders(""))) {
      if (!IsDatabaseName(database)) continue;
      for (const auto& measurement : TRY(Folders(database))) {
        if (!IsMeasurementName(measurement)) continue;
        TRY(Enter({database, measurement}, database + "/" + measurement));
      }
    }
    std::sort(found_.files.begin(), found_.files.end(),
              [](const auto& a, const auto& b) { return a.entry.path < b.entry.path; });
    return std::move(found_);
  }

 private:
  std::string DiskPath(const std::string& path) const {
    return path.empty() ? root_ : root_ + "/" + path;
  }
  Result<std::vector<std::string>> Folders(const std::string& path) {
    std::vector<std::string> names;
    for (const auto& entry : TRY(file_system_.List(DiskPath(path)))) {
      if (entry.is_directory) names.push_back(entry.name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  Result<void> Enter(const MeasurementName& table, const std::string& folder) {
    for (const auto& entry : TRY(file_system_.List(DiskPath(folder)))) {
      const auto path = folder + "/" + entry.name;
      if (entry.is_directory) {
        TRY(Enter(table, path));
      } else if (!files::IsPublishedName(entry.name)) {
        found_.foreign_count += entry.name.ends_with(".parquet") ? 1 : 0;
      } else {
        auto file = Read(table, path);
        if (file.ok()) {
          found_.byte_count += file.value().entry.byte_count;
          found_.files.push_back(std::move(file).TakeValue());
        } else {
          found_.unreadable_count++;
          listener_.on_unreadable(path, file.error());
        }
        listener_.on_progress(found_.files.size(), found_.byte_count);
      }
    }
    return {};
  }
  Result<FoundFile> Read(const MeasurementName& table, const std::string& path) {
    const auto disk_path = DiskPath(path);
    const auto opened = TRY(file_system_.Open(disk_path));
    FoundFile file;
    file.table = table;
    file.footer = TRY(encoding::ReadFileFooter(file_system_, disk_path, opened->byte_count()));
    file.columns = TRY(adoption::ReadAdoptedColumns(file_system_, disk_path));
    file.entry.path = path;
    file.entry.min_time = file.footer.min_time;
    file.entry.max_time = file.footer.max_time;
    file.entry.row_count = file.footer.row_count;
    file.entry.byte_count = opened->byte_count();
    const auto checksum = TRY(files::ChecksumOf(*opened));
    if (!checksum) {
      return Error{ErrorCode::kStorageFailed, "a file became shorter while it was read", disk_path};
    }
    file.entry.checksum = *checksum;
    TRY(integrity::SumFooter(*opened, file.entry));
    // A damaged file must not get an entry whose checksum agrees with the damage.
    TRY(integrity::VerifyFile(file_system_, root_, file.entry, [](std::uint64_t) { return true; }));
    file.entry.min_lsn = file.footer.min_lsn;
    file.entry.max_lsn = file.footer.max_lsn;
    return file;
  }

  fs::FileSystem& file_system_;
  const std::string& root_;
  const FindListener& listener_;
  FoundFiles found_;
};

}  // namespace

Result<FoundFiles> FindDataFiles(fs::FileSystem& file_system, const std::string& root,
                                 const FindListener& listener) {
  return Walk(file_system, root, listener).Run();
}

}  // namespace arc::offline
