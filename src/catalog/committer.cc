#include "catalog/committer.h"

#include <utility>

#include "base/log.h"
#include "catalog/catalog_file.h"
#include "catalog/catalog_reader.h"
#include "catalog/snapshot_builder.h"

namespace arc::catalog {
namespace {

// Where a group has come to: the state in memory if the transaction is committed.
struct Progress {
  explicit Progress(const CatalogState& state)
      : builder(*state.snapshot), high_water(state.high_water) {}

  SnapshotBuilder builder;
  HighWater high_water;
  std::size_t applied_count = 0;
};

Result<void> Apply(const Work& work, std::int64_t now, CatalogWriter& writer, Progress& progress) {
  const auto plan = TRY(PlanWork(work, progress.builder, now));
  TRY(writer.Write(plan));
  for (const auto& database : plan.new_databases) progress.builder.Put(database);
  for (const auto& measurement : plan.measurements) {
    progress.builder.Put(measurement.StateAfter());
  }
  progress.high_water.Raise(plan.high_water);
  progress.applied_count++;
  return {};
}

}  // namespace

Result<std::unique_ptr<Committer>> Committer::Open(std::string path, const Clock& clock) {
  std::unique_ptr<Committer> committer(new Committer(std::move(path), clock));
  TRY(committer->ReadAnew());
  return committer;
}

// The old connection goes first: a new one beside it would share its view of SQLite's log.
Result<void> Committer::ReadAnew() {
  writer_.reset();
  connection_.reset();
  auto connection = TRY(OpenCatalogFile(path_));
  auto state = TRY(ReadCatalog(*connection));
  writer_ = TRY(CatalogWriter::Open(*connection));
  connection_ = std::move(connection);
  state_ = std::move(state);
  return {};
}

std::vector<Result<void>> Committer::CommitGroup(const std::vector<const Work*>& group) {
  std::vector<Result<void>> outcomes(group.size());
  const auto written = WriteGroup(group, outcomes);
  if (written.ok()) return outcomes;

  LogError("catalog: a transaction failed: {}", LogText(written.error()));
  for (auto& outcome : outcomes) outcome = written.error();
  if (const auto read = ReadAnew(); !read.ok()) {
    LogError("catalog: cannot be read again, changes are refused: {}", LogText(read.error()));
  }
  return outcomes;
}

Result<void> Committer::WriteGroup(const std::vector<const Work*>& group,
                                   std::vector<Result<void>>& outcomes) {
  if (!writer_) TRY(ReadAnew());
  Progress progress(state_);
  TRY(writer_->Begin());
  for (std::size_t i = 0; i < group.size(); i++) {
    outcomes[i] = Apply(*group[i], clock_.NowMicros(), *writer_, progress);
    if (!outcomes[i].ok() && !IsRefusal(outcomes[i].error())) return outcomes[i].error();
  }
  if (progress.applied_count == 0) return writer_->Rollback();
  if (progress.high_water != state_.high_water) {
    TRY(writer_->WriteHighWater(progress.high_water));
  }
  TRY(writer_->Commit());
  transaction_count_++;
  state_ = {std::move(progress.builder).Build(), progress.high_water};
  return {};
}

Result<void> Committer::Close() {
  if (!connection_) {
    return Error{ErrorCode::kStorageFailed, "the catalog could not be read after a failure", path_};
  }
  writer_.reset();
  const auto moved = connection_->Execute("PRAGMA wal_checkpoint(TRUNCATE)");
  connection_.reset();
  return moved.ok() ? Result<void>() : moved.error();
}

}  // namespace arc::catalog
