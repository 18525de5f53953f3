#include "data/offline/catalog_rebuild.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "data/catalog/catalog.h"
#include "data/files/publication_list.h"
#include "data/offline/found_files.h"
#include "data/offline/rebuild_plan.h"
#include "data/store/data_directory.h"
#include "data/wal/recovery.h"
#include "data/wal/row_decoder.h"

namespace arc::offline {
namespace {

// How many measurements are committed together: enough to make a transaction worth its sync.
constexpr std::size_t kMeasurementsTogether = 1'000;

// The steps of a rebuild:
//   1. Read arc.state: how many transactions the catalog had, and up to where the log was durable.
//   2. Find the data files, and leave out those of imports that were cut short.
//   3. Read the log: which rows of these files does it still hold? (rebuild_plan.h)
//   4. Write the new catalog beside the old one, as <catalog>.rebuilt.
//   5. Move the old catalog away, then give the new one its name.
// Until step 5 only the log's folder has changed: it is put in order as at every start. A run that
// was interrupted may leave <catalog>.rebuilt; step 4 of the next run removes it.
class Rebuild {
 public:
  Rebuild(fs::FileSystem& file_system, const Clock& clock, const store::StorePaths& paths,
          const RebuildListener& listener)
      : file_system_(file_system), clock_(clock), paths_(paths), listener_(listener) {}

  Result<RebuildReport> Run(OldCatalog old_catalog);

 private:
  Result<offline::RebuiltCatalog> Plan();
  Result<void> LeaveOutCutImports(std::vector<offline::FoundFile>& files);
  Result<void> AddLog(offline::RebuildPlan& plan, Lsn known_durable);
  void Report(const offline::RebuiltCatalog& rebuilt);
  Result<void> WriteAside(const offline::RebuiltCatalog& rebuilt);
  Result<void> Fill(catalog::Catalog& catalog, const offline::RebuiltCatalog& rebuilt);
  Result<void> RemoveIfThere(const std::string& path);
  Result<void> MoveIfThere(const std::string& from, const std::string& to);
  Result<void> PutInPlace();

  fs::FileSystem& file_system_;
  const Clock& clock_;
  const store::StorePaths& paths_;
  const RebuildListener& listener_;
  const std::string aside_ = paths_.catalog + ".rebuilt";
  inventory::State state_{};
  RebuildReport report_;
};

Result<RebuildReport> Rebuild::Run(OldCatalog old_catalog) {
  if (old_catalog == OldCatalog::kRefuse && TRY(file_system_.Exists(paths_.catalog))) {
    return Error{ErrorCode::kAlreadyExists,
                 fmt::format("there is a catalog, {}: with --replace a new one is made, and this "
                             "one kept under another name",
                             paths_.catalog)};
  }
  state_ = TRY(inventory::ReadState(file_system_, paths_.state())).state.value_or(state_);
  const auto rebuilt = TRY(Plan());
  Report(rebuilt);
  TRY(WriteAside(rebuilt));
  TRY(PutInPlace());
  return std::move(report_);
}

Result<offline::RebuiltCatalog> Rebuild::Plan() {
  const bool has_log = TRY(file_system_.Exists(paths_.log));
  if (!TRY(file_system_.Exists(paths_.files_root))) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("the folder of the data files, {}, does not exist: is its disk "
                             "mounted, and storage.local_path right? A server that never had a "
                             "data file gets by with an empty one",
                             paths_.files_root)};
  }
  offline::FindListener finding;
  finding.on_unreadable = [&](const std::string& path, const Error& why) {
    listener_.on_remark(path, "cannot be read: " + LogText(why));
  };
  finding.on_progress = listener_.on_progress;
  auto found = TRY(offline::FindDataFiles(file_system_, paths_.files_root, finding));
  report_.unreadable_count = found.unreadable_count;
  report_.foreign_count = found.foreign_count;
  auto known_durable = state_.log.durable;
  for (const auto& file : found.files) {
    known_durable = std::max(known_durable, file.footer.max_lsn);
  }
  if (found.files.empty() && !has_log) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("there is nothing to make a catalog of: no data file below {}, and no "
                             "write-ahead log in {}",
                             paths_.files_root, paths_.log)};
  }
  TRY(LeaveOutCutImports(found.files));
  offline::RebuildPlan plan(std::move(found.files));
  if (has_log) TRY(AddLog(plan, known_durable));
  return std::move(plan).Finish();
}

// An import in this list was never acknowledged. It counts when all its files exist, so that its
// rows are stored as a whole or not at all. The next start deletes the files of the other imports.
Result<void> Rebuild::LeaveOutCutImports(std::vector<offline::FoundFile>& files) {
  std::set<std::string> there, cut;
  for (const auto& file : files) there.insert(file.entry.path);
  for (const auto& list : TRY(files::ReadPublicationLists(file_system_, paths_.files_root))) {
    const bool is_whole =
        std::ranges::all_of(list, [&](const auto& path) { return there.contains(path); });
    if (!is_whole) cut.insert(list.begin(), list.end());
  }
  std::erase_if(files, [&](const auto& file) {
    if (!cut.contains(file.entry.path)) return false;
    listener_.on_remark(file.entry.path, "of an import that was cut short");
    report_.left_out_count++;
    return true;
  });
  return {};
}

// Reads the log as a start does, so that both accept the same records.
Result<void> Rebuild::AddLog(offline::RebuildPlan& plan, Lsn known_durable) {
  const auto add = [&](const wal::RecoveredRecord& record) -> Result<void> {
    for (const auto& part : TRY(wal::DecodeRows(record.payload))) {
      const std::span<const std::int64_t> times = part.batch.times;
      if (part.ends.empty()) plan.AddLogged(part.name, part.id, record.lsn, times);
      std::size_t begin = 0;
      for (const auto& [lsn, end] : part.ends) {
        plan.AddLogged(part.name, part.id, lsn, times.subspan(begin, end - begin));
        begin = end;
      }
    }
    return {};
  };
  TRY(wal::Recover(file_system_, paths_.log, known_durable, add));
  return {};
}

void Rebuild::Report(const offline::RebuiltCatalog& rebuilt) {
  for (const auto& [path, reason] : rebuilt.left_out) listener_.on_remark(path, reason);
  for (const auto& [path, reason] : rebuilt.incomplete) listener_.on_remark(path, reason);
  report_.measurement_count = rebuilt.measurements.size();
  for (const auto& measurement : rebuilt.measurements) {
    report_.file_count += measurement.files.size();
    for (const auto& file : measurement.files) {
      report_.row_count += file.row_count;
      report_.byte_count += file.byte_count;
    }
  }
  report_.import_file_count = rebuilt.import_file_count;
  report_.in_log_count = rebuilt.in_log_count;
  report_.left_out_count += rebuilt.left_out.size();
  report_.incomplete_count = rebuilt.incomplete.size();
}

Result<void> Rebuild::WriteAside(const offline::RebuiltCatalog& rebuilt) {
  for (const auto* suffix : {"", "-wal", "-journal", ".new"}) TRY(RemoveIfThere(aside_ + suffix));
  catalog::Catalog::Options options;
  options.path = aside_;
  options.generation_min = state_.catalog_generation + 1;
  const auto catalog = TRY(catalog::Catalog::Open(std::move(options), file_system_, clock_));
  auto filled = Fill(*catalog, rebuilt);
  auto closed = catalog->Close();
  return filled.ok() ? std::move(closed) : std::move(filled);
}

Result<void> Rebuild::Fill(catalog::Catalog& catalog, const offline::RebuiltCatalog& rebuilt) {
  const auto greatest = std::max(rebuilt.greatest_lsn, state_.log.durable);
  // Do this first, while no measurement has these names.
  for (const auto& [name, id] : rebuilt.dropped) {
    catalog::DropChange drop;
    drop.measurements = {{name, id}};
    drop.lsn = Next(greatest);
    TRY(catalog.Drop(std::move(drop)));
  }
  catalog::CatalogChange change;
  for (const auto& measurement : rebuilt.measurements) {
    auto& one = change.measurements.emplace_back();
    one.id = measurement.id;
    one.name = measurement.name;
    one.schema = measurement.schema;
    one.added_files = measurement.files;
    if (measurement.flushed_lsn > kLsnZero) one.flushed = {kLsnZero, measurement.flushed_lsn};
    if (change.measurements.size() < kMeasurementsTogether) continue;
    TRY(catalog.CommitAndWait(std::exchange(change, {})));
  }
  if (!change.measurements.empty()) TRY(catalog.CommitAndWait(std::move(change)));
  return catalog.RaiseLastIds(greatest, rebuilt.greatest_id);
}

Result<void> Rebuild::RemoveIfThere(const std::string& path) {
  auto removed = file_system_.Remove(path);
  if (!removed.ok() && removed.error().code == ErrorCode::kNotFound) return {};
  return removed;
}

Result<void> Rebuild::MoveIfThere(const std::string& from, const std::string& to) {
  if (!TRY(file_system_.Exists(from))) return {};
  return file_system_.Rename(from, to);
}

// SQLite's log of the old catalog is moved first: beside the new catalog SQLite would take it for
// the new one's. A crash in between leaves no catalog, which a start refuses, or the old catalog
// without its log. A start refuses that one, too, when it has fewer transactions than arc.state
// knows of.
Result<void> Rebuild::PutInPlace() {
  if (TRY(file_system_.Exists(paths_.catalog))) {
    report_.kept_as = fmt::format("{}.old-{}", paths_.catalog, clock_.NowMicros());
  }
  const auto kept = report_.kept_as.empty()
                        ? fmt::format("{}.old-{}", paths_.catalog, clock_.NowMicros())
                        : report_.kept_as;
  TRY(MoveIfThere(paths_.catalog + "-wal", kept + "-wal"));
  TRY(MoveIfThere(paths_.catalog, kept));
  const auto folder = fs::ParentOf(paths_.catalog);
  TRY(file_system_.SyncDirectory(folder));
  TRY(file_system_.Rename(aside_, paths_.catalog));
  return file_system_.SyncDirectory(folder);
}

}  // namespace

Result<RebuildReport> RebuildCatalog(fs::FileSystem& file_system, const Clock& clock,
                                     const store::StorePaths& paths, OldCatalog old_catalog,
                                     const RebuildListener& listener) {
  return Rebuild(file_system, clock, paths, listener).Run(old_catalog);
}

Result<RebuildReport> RebuildCatalogOf(const store::Store::Options& options, OldCatalog old_catalog,
                                       const RebuildListener& listener) {
  auto& file_system = fs::FileSystem::Local();
  if (!TRY(file_system.Exists(options.data_directory))) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("the data directory {} does not exist (storage.data_directory)",
                             options.data_directory)};
  }
  const auto directory = TRY(store::DataDirectory::Open(file_system, options.data_directory));
  auto report = TRY(RebuildCatalog(file_system, Clock::System(), store::Store::PathsOf(options),
                                   old_catalog, listener));
  TRY(directory->Mark());
  return report;
}

}  // namespace arc::offline
