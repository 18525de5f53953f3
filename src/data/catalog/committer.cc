#include "data/catalog/committer.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "data/catalog/catalog_file.h"
#include "data/catalog/catalog_reader.h"
#include "data/catalog/digest.h"
#include "data/catalog/snapshot_builder.h"
#include "foundation/base/check.h"
#include "foundation/base/exception_error.h"
#include "foundation/base/log.h"

namespace arc::catalog {
namespace {

// Where a group has come to: the state in memory if the transaction is committed.
struct Progress {
  explicit Progress(const CatalogState& state)
      : builder(*state.snapshot), last_ids(state.last_ids), tombstones(state.tombstones) {}

  // Copied when it is first changed.
  Tombstones& TombstonesToChange() {
    if (!own_tombstones) {
      own_tombstones = std::make_shared<Tombstones>(*tombstones);
      tombstones = own_tombstones;
    }
    return *own_tombstones;
  }

  SnapshotBuilder builder;
  LastIds last_ids;
  std::shared_ptr<const Tombstones> tombstones;
  std::shared_ptr<Tombstones> own_tombstones;
  std::vector<std::string> removed_paths;
  std::vector<std::string> forgotten_paths;
  std::uint64_t digest_change = 0;
  std::size_t applied_count = 0;
};

void ApplyDrop(const ChangePlan& plan, Progress& progress) {
  for (const auto& [dropped, before] : plan.drops) {
    progress.TombstonesToChange()[dropped.id] = plan.drop_lsn;
    progress.builder.RememberDropped(dropped.id);
    progress.builder.Remove(dropped.name);
    if (!before) continue;
    for (const auto& placed : before->files.blocks()) {
      for (const auto& file : placed.block->files) progress.removed_paths.push_back(file->path);
    }
  }
  if (!plan.dropped_database.empty()) progress.builder.RemoveDatabase(plan.dropped_database);
}

void ApplyForgotten(const ChangePlan& plan, Progress& progress) {
  if (plan.forgotten_tombstones) {
    std::erase_if(progress.TombstonesToChange(), [&](const auto& tombstone) {
      return tombstone.second <= *plan.forgotten_tombstones;
    });
  }
  if (plan.forgotten_files != nullptr) {
    auto& forgotten = progress.forgotten_paths;
    forgotten.insert(forgotten.end(), plan.forgotten_files->begin(), plan.forgotten_files->end());
  }
}

DropCounts CountsOf(const ChangePlan& plan) {
  DropCounts counts;
  counts.measurement_count = plan.drops.size();
  for (const auto& drop : plan.drops) {
    if (!drop.before) continue;
    counts.file_count += drop.before->files.size();
    counts.row_count += drop.before->files.row_count();
    counts.byte_count += drop.before->files.byte_count();
  }
  return counts;
}

Result<void> Apply(const Change& change, std::int64_t now, CatalogWriter& writer,
                   Progress& progress) {
  const auto plan = TRY(PlanChange(change, progress.builder, now));
  TRY(writer.Write(plan));
  const auto dropped_database = progress.builder.FindDatabase(plan.dropped_database);
  progress.digest_change += DigestChangeOf(plan, dropped_database.get());
  for (const auto& database : plan.new_databases) progress.builder.Put(database);
  for (const auto& measurement : plan.measurements) {
    progress.builder.Put(measurement.StateAfter());
    const auto& removed = measurement.change->removed_paths;
    progress.removed_paths.insert(progress.removed_paths.end(), removed.begin(), removed.end());
  }
  ApplyDrop(plan, progress);
  if (const auto* drop = std::get_if<CountedDrop>(&change)) *drop->counts = CountsOf(plan);
  ApplyForgotten(plan, progress);
  progress.last_ids.Raise(plan.last_ids);
  progress.applied_count++;
  return {};
}

}  // namespace

Result<std::unique_ptr<Committer>> Committer::Open(fs::FileSystem& file_system, std::string path,
                                                   const Clock& clock,
                                                   std::uint64_t generation_min) {
  std::unique_ptr<Committer> committer(
      new Committer(file_system, std::move(path), clock, generation_min));
  TRY(committer->ReadAnew());
  return committer;
}

// The old connection goes first: it keeps every other one out.
Result<void> Committer::ReadAnew() {
  writer_.reset();
  connection_.reset();
  auto connection = TRY(OpenCatalogFile(file_system_, path_));
  auto [state, removed, digest] = TRY(ReadCatalog(*connection));
  writer_ = TRY(CatalogWriter::Open(*connection));
  connection_ = std::move(connection);
  digest_ = digest;
  SnapshotBuilder builder(*state.snapshot);
  if (!removed_files_) {
    removed_files_ = RemovedFiles::Make(std::move(removed));
    builder.SetPin(removed_files_->Advance({}));
  } else {
    // A transaction whose outcome was unknown may have removed files, which older snapshots show.
    builder.SetPin(removed_files_->Advance(removed_files_->UnknownOf(removed)));
    builder.RememberDroppedOf(*state_.snapshot);
  }
  state.snapshot = std::move(builder).Build();
  state_ = std::move(state);
  return {};
}

void Committer::CommitGroup(const std::vector<const Change*>& group,
                            std::vector<Result<void>>& outcomes) noexcept {
  const auto written = WriteGroupOrCatch(group, outcomes);
  if (written.ok()) {
    // SQLite could not sync while it moved its log into the main file. It would try again with the
    // next commit, but a file of which a sync has failed must not be written any more.
    if (connection_->has_sync_failed()) {
      LogError("catalog: a sync failed behind a transaction");
      ReadAnewOrLog();
    }
    return;
  }

  LogFailure("catalog: a transaction failed", written.error());
  for (auto& outcome : outcomes) outcome = CopyOf(written.error());
  ReadAnewOrLog();
}

void Committer::ReadAnewOrLog() noexcept {
  try {
    if (const auto read = ReadAnew(); !read.ok()) {
      LogFailure("catalog: cannot be read again, changes are refused", read.error());
    }
  } catch (...) {
    LogExceptionOf("catalog", "cannot be read again, changes are refused");
    writer_.reset();  // the next group reads it
    connection_.reset();
  }
}

Result<void> Committer::WriteGroupOrCatch(const std::vector<const Change*>& group,
                                          std::vector<Result<void>>& outcomes) noexcept {
  try {
    return WriteGroup(group, outcomes);
  } catch (...) {
    LogExceptionOf("catalog", "was interrupted within a transaction");
    return Error{ErrorCode::kStorageFailed, "out of memory"};
  }
}

Result<void> Committer::WriteGroup(const std::vector<const Change*>& group,
                                   std::vector<Result<void>>& outcomes) {
  if (!writer_) TRY(ReadAnew());
  Progress progress(state_);
  TRY(writer_->Begin());
  for (std::size_t i = 0; i < group.size(); i++) {
    outcomes[i] = Apply(*group[i], clock_.NowMicros(), *writer_, progress);
    if (!outcomes[i].ok() && !IsRefusal(outcomes[i].error())) return outcomes[i].error();
  }
  if (progress.applied_count == 0) return writer_->Rollback();
  if (progress.last_ids != state_.last_ids) {
    TRY(writer_->WriteLastIds(progress.last_ids));
  }
  const auto generation = std::max(state_.generation + 1, generation_min_);
  const auto digest = digest_ + progress.digest_change;
  TRY(writer_->WriteGeneration(generation, digest));
  TRY(writer_->Commit());
  CHECK(generation > state_.generation, "BUG: two transactions of the catalog have one number");
  CHECK(progress.last_ids.lsn >= state_.last_ids.lsn &&
            progress.last_ids.measurement_id >= state_.last_ids.measurement_id,
        "BUG: an LSN or an id could be given out twice");
  transaction_count_++;
  digest_ = digest;
  if (!progress.removed_paths.empty()) {
    progress.builder.SetPin(removed_files_->Advance(std::move(progress.removed_paths)));
  }
  removed_files_->Forget(progress.forgotten_paths);
  state_ = {std::move(progress.builder).Build(), progress.last_ids, generation,
            std::move(progress.tombstones)};
  return {};
}

void Committer::CloseAsItIs() {
  writer_.reset();
  connection_.reset();
  // SQLite has made an empty log if there was none.
  const auto log_path = path_ + "-wal";
  const auto log = file_system_.Open(log_path);
  if (!log.ok() || log.value()->byte_count() > 0) return;
  IgnoreFailure(file_system_.Remove(log_path), "an empty log means nothing");
}

Result<void> Committer::Close() {
  if (!connection_) {
    return Error{ErrorCode::kStorageFailed, "the catalog could not be read after a failure", path_};
  }
  writer_.reset();
  const auto moved = connection_->Execute("PRAGMA wal_checkpoint(TRUNCATE)");
  if (moved.ok()) connection_->KeepLogOnClose(false);
  connection_.reset();
  return moved.ok() ? Result<void>() : moved.error();
}

}  // namespace arc::catalog
