#include "data/adoption/adopter.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "data/adoption/adopted_file.h"

namespace arc::adoption {
namespace {

Error Unfit(std::string message) { return {ErrorCode::kUnprocessable, std::move(message)}; }

// The path without links, so that each folder has one name.
Result<std::string> Canonical(const std::string& path) {
  std::error_code failure;
  auto canonical = std::filesystem::canonical(path, failure).string();
  if (!failure) return canonical;
  return Error{ErrorCode::kNotFound, fmt::format("{}: {}", path, failure.message())};
}

// Why the columns of a file cannot join the measurement's.
Error Conflict(const RowSchema& held, const std::vector<SchemaColumn>& offered) {
  for (const auto& column : offered) {
    const auto index = held.IndexOf(column.name);
    ColumnType joined;
    if (index == RowSchema::kNotFound ||
        JoinTypes(held.columns()[index].type, column.type, joined)) {
      continue;
    }
    return Unfit(fmt::format("column \"{}\": the measurement holds {}, the file {}", column.name,
                             ToString(held.columns()[index].type), ToString(column.type)));
  }
  return {ErrorCode::kInternal, "the columns of the file do not join the measurement's"};
}

}  // namespace

// The files of one measurement on their way into the catalog.
class Adopter::Measurement {
 public:
  Measurement(Adopter& adopter, const MeasurementName& name)
      : adopter_(adopter),
        name_(name),
        live_(adopter.tables_.Find(name.database, name.measurement)) {
    schema_ = live_ ? live_->registered_schema() : std::make_shared<const RowSchema>();
    const auto state = adopter_.catalog_.snapshot()->FindMeasurement(name);
    if (!state) return;
    for (const auto& placed : state->files.blocks()) {
      for (const auto& file : placed.block->files) known_[file->path] = file->byte_count;
    }
  }

  bool Knows(const std::string& path) const { return known_.contains(path); }
  std::uint64_t KnownBytes(const std::string& path) const { return known_.at(path); }

  // Checks the file at `disk_path` and makes its entry, which becomes visible with the next Commit.
  Result<catalog::FileEntry> Add(const std::string& path, const std::string& disk_path) {
    if (!live_ && adopter_.tables_.measurement_count(name_.database) >=
                      adopter_.limits_.ingest.measurements_max) {
      return Unfit("the database has as many measurements as it may (ingest.max_measurements)");
    }
    const auto columns = TRY(ReadAdoptedColumns(adopter_.file_system_, disk_path));
    auto joined = JoinSchemas(schema_, RowSchema(columns));
    if (!joined) return Conflict(*schema_, columns);
    if (joined->columns().size() > adopter_.limits_.ingest.columns_max) {
      return Unfit(
          fmt::format("the measurement would have {} columns, more than the {} it may "
                      "have (ingest.max_columns)",
                      joined->columns().size(), adopter_.limits_.ingest.columns_max));
    }
    auto entry = TRY(ReadAdoptedRows(adopter_.file_system_, disk_path));
    entry.path = path;
    schema_ = std::move(joined);
    waiting_.push_back(entry);
    return entry;
  }

  bool IsFull() const { return waiting_.size() >= adopter_.limits_.commit_files_max; }

  Result<void> Commit() {
    if (waiting_.empty()) return {};
    if (!live_) live_ = TRY(adopter_.tables_.FindOrCreate(name_));
    for (auto known = live_->registered_schema();
         !live_->ReplaceRegisteredSchema(known, schema_);) {
      known = live_->registered_schema();
      schema_ = JoinSchemas(known, *schema_);
      if (!schema_) return Error{ErrorCode::kInternal, "the measurement was written meanwhile"};
    }
    catalog::CatalogChange change;
    auto& one = change.measurements.emplace_back();
    one.id = live_->id();
    one.name = name_;
    one.schema = schema_;
    one.added_files = std::exchange(waiting_, {});
    return adopter_.catalog_.CommitAndWait(std::move(change));
  }

 private:
  Adopter& adopter_;
  const MeasurementName name_;
  std::shared_ptr<buffer::LiveMeasurement> live_;  // null: the measurement does not exist yet
  std::shared_ptr<const RowSchema> schema_;        // with the columns of the files that wait
  std::unordered_map<std::string, std::uint64_t> known_;  // path → bytes
  std::vector<catalog::FileEntry> waiting_;
};

Adopter::Adopter(Limits limits, std::string root, fs::FileSystem& file_system,
                 catalog::Catalog& catalog, buffer::LiveMeasurements& tables)
    : limits_(limits),
      root_(std::move(root)),
      file_system_(file_system),
      catalog_(catalog),
      tables_(tables) {}

Result<AdoptReport> Adopter::Adopt(const std::string& folder, const AdoptListener& listener) {
  const auto disk_folder = TRY(Canonical(folder));
  const bool is_root = disk_folder == TRY(Canonical(root_));
  AdoptReport report;
  const auto refuse = [&](std::string_view path, const Error& why) {
    report.refused_count++;
    listener.on_refused(path, why);
  };
  const auto adopt = [&](const MeasurementName& name,
                         const std::vector<AdoptionCandidate>& files) -> Result<void> {
    Measurement measurement(*this, name);
    for (const auto& file : files) {
      const auto disk_path = fmt::format("{}/{}", disk_folder, file.path);
      const auto& path = is_root ? file.path : disk_path;
      if (measurement.Knows(path)) {
        const auto opened = file_system_.Open(disk_path);
        if (opened.ok() && opened.value()->byte_count() == measurement.KnownBytes(path)) {
          report.known_count++;
        } else {
          refuse(file.path, opened.ok() ? Unfit("it was adopted before and has another length now")
                                        : opened.error());
        }
        continue;
      }
      const auto entry = measurement.Add(path, disk_path);
      if (entry.ok()) {
        report.file_count++;
        report.row_count += entry.value().row_count;
        report.byte_count += entry.value().byte_count;
      } else {
        refuse(file.path, entry.error());
      }
      if (measurement.IsFull()) TRY(measurement.Commit());
      listener.on_progress(report);
    }
    return measurement.Commit();
  };
  TRY(WalkForAdoption(file_system_, disk_folder, is_root, refuse, adopt));
  return report;
}

}  // namespace arc::adoption
