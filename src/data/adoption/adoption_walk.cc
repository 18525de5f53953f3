#include "data/adoption/adoption_walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "data/files/file_name.h"

namespace arc::adoption {
namespace {

using Entries = std::vector<fs::DirectoryEntry>;

constexpr std::string_view kCompactionState = "_compaction_state";
constexpr std::string_view kManifestSuffix = ".json";
constexpr std::string_view kDataSuffix = ".parquet";
// How many folders stand above a file: those of a day, or of an hour.
constexpr std::size_t kDayDepth = 3;
constexpr std::size_t kHourDepth = 4;

Error Unfit(std::string message) { return {ErrorCode::kUnprocessable, std::move(message)}; }

bool IsHidden(std::string_view name) { return name.starts_with('.') || name.starts_with('_'); }

bool IsNumber(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

class Walk {
 public:
  Walk(fs::FileSystem& file_system, const std::string& folder, bool has_own_files,
       const OnRefused& on_refused, const OnMeasurement& on_measurement)
      : file_system_(file_system),
        folder_(folder),
        has_own_files_(has_own_files),
        on_refused_(on_refused),
        on_measurement_(on_measurement) {}

  Result<void> Run() {
    const auto databases = TRY(List(""));
    for (const auto& database : databases) {
      if (database.name == kCompactionState) TRY(CheckCompactionState(database.name));
    }
    for (const auto& database : databases) {
      if (IsHidden(database.name)) continue;
      TRY(EnterDatabase(database));
    }
    return {};
  }

 private:
  // Sorted, so that a new run continues where an interrupted one ended.
  Result<Entries> List(const std::string& path) const {
    auto entries = TRY(file_system_.List(path.empty() ? folder_ : folder_ + "/" + path));
    std::ranges::sort(entries, {}, &fs::DirectoryEntry::name);
    return entries;
  }

  Result<void> CheckCompactionState(const std::string& path) const {
    for (const auto& entry : TRY(List(path))) {
      const auto inner = path + "/" + entry.name;
      if (entry.is_directory) {
        TRY(CheckCompactionState(inner));
      } else if (entry.name.ends_with(kManifestSuffix)) {
        return Error{ErrorCode::kInvalidInput,
                     "a compaction was interrupted, so rows may be in two files at once: start the "
                     "server that wrote the folder, let it finish, and stop it; it says so in " +
                         inner};
      }
    }
    return {};
  }

  Result<void> EnterDatabase(const fs::DirectoryEntry& database) {
    const auto name_check = CheckDatabaseName(database.name);
    if (!database.is_directory) return Refuse(database.name, Unfit("not in a database's folder"));
    if (!name_check.ok()) return Refuse(database.name, name_check.error());
    const auto measurements = List(database.name);
    if (!measurements.ok()) return Refuse(database.name, measurements.error());
    for (const auto& measurement : measurements.value()) {
      if (IsHidden(measurement.name)) continue;
      const auto path = database.name + "/" + measurement.name;
      const auto measurement_check = CheckMeasurementName(measurement.name);
      if (!measurement.is_directory) {
        TRY(Refuse(path, Unfit("not in a measurement's folder")));
      } else if (!measurement_check.ok()) {
        TRY(Refuse(path, measurement_check.error()));
      } else {
        std::vector<AdoptionCandidate> files;
        Collect(path, 0, files);
        if (files.empty()) continue;
        TRY(on_measurement_({database.name, measurement.name}, std::move(files)));
      }
    }
    return {};
  }

  void Collect(const std::string& path, std::size_t depth, std::vector<AdoptionCandidate>& files) {
    const auto entries = List(path);
    if (!entries.ok()) return on_refused_(path, entries.error());
    for (const auto& entry : entries.value()) {
      const auto inner = path + "/" + entry.name;
      if (IsHidden(entry.name)) continue;
      if (entry.is_directory) {
        if (depth < kHourDepth && IsNumber(entry.name)) {
          Collect(inner, depth + 1, files);
        } else {
          on_refused_(inner, Unfit("not a folder of a year, month, day or hour"));
        }
      } else if (!entry.name.ends_with(kDataSuffix)) {
        on_refused_(inner, Unfit("its name does not end in .parquet"));
      } else if (depth < kDayDepth) {
        on_refused_(inner, Unfit("not in a folder YYYY/MM/DD or YYYY/MM/DD/HH"));
      } else if (!files::IsOwnPath(entry.name)) {
        files.push_back({inner, entry.byte_count});
      } else if (!has_own_files_) {
        on_refused_(inner, Unfit("it has the name of a file of a server like this one, which would "
                                 "delete it some day: import it with `arc import`"));
      }
    }
  }

  Result<void> Refuse(const std::string& path, const Error& why) const {
    on_refused_(path, why);
    return {};
  }

  fs::FileSystem& file_system_;
  const std::string& folder_;
  const bool has_own_files_;
  const OnRefused& on_refused_;
  const OnMeasurement& on_measurement_;
};

}  // namespace

Result<void> WalkForAdoption(fs::FileSystem& file_system, const std::string& folder,
                             bool has_own_files, const OnRefused& on_refused,
                             const OnMeasurement& on_measurement) {
  return Walk(file_system, folder, has_own_files, on_refused, on_measurement).Run();
}

}  // namespace arc::adoption
