#include "data/catalog/catalog.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <thread>
#include <utility>

#include "data/catalog/commit_queue.h"
#include "data/catalog/committer.h"
#include "foundation/base/check.h"
#include "foundation/base/exception_error.h"

namespace arc::catalog {

Result<std::unique_ptr<Catalog>> Catalog::Open(Options options, fs::FileSystem& file_system,
                                               const Clock& clock) {
  auto committer = TRY(Committer::Open(file_system, options.path, clock, options.generation_min));
  return std::unique_ptr<Catalog>(new Catalog(options, std::move(committer)));
}

Catalog::Catalog(const Options& options, std::unique_ptr<Committer> committer)
    : group_changes_max_(options.group_changes_max),
      on_committed_(options.on_committed),
      may_commit_(options.may_commit),
      queue_(std::make_unique<CommitQueue>(options.queue_changes_max)),
      committer_(std::move(committer)),
      removed_files_(committer_->removed_files()) {
  CHECK(group_changes_max_ > 0, "the catalog must commit at least one change at a time");
  Publish();
  committer_thread_ = Thread("catalog", [this] { CommitterLoop(); });
}

Catalog::~Catalog() { CHECK(!committer_thread_.joinable(), "the catalog was not closed"); }

std::shared_ptr<const Snapshot> Catalog::snapshot() const {
  MutexLock lock(mutex_);
  return state_.snapshot;
}

Lsn Catalog::greatest_lsn() const {
  MutexLock lock(mutex_);
  return state_.last_ids.lsn;
}

MeasurementId Catalog::greatest_measurement_id() const {
  MutexLock lock(mutex_);
  return state_.last_ids.measurement_id;
}

std::uint64_t Catalog::generation() const {
  MutexLock lock(mutex_);
  return state_.generation;
}

std::uint64_t Catalog::transaction_count() const { return transaction_count_; }

void Catalog::Commit(CatalogChange change, Completion completion) {
  Enqueue(std::move(change), std::move(completion));
}

Result<void> Catalog::CommitAndWait(CatalogChange change) {
  return EnqueueAndWait(std::move(change));
}

Result<void> Catalog::CreateDatabase(const std::string& name) {
  return EnqueueAndWait(NewDatabase{name});
}

Result<DropCounts> Catalog::Drop(DropChange change) {
  DropCounts counts;
  TRY(EnqueueAndWait(CountedDrop{std::move(change), &counts}));
  return counts;
}

std::shared_ptr<const Tombstones> Catalog::tombstones() const {
  MutexLock lock(mutex_);
  return state_.tombstones;
}

Result<void> Catalog::ForgetTombstones(Lsn last_lsn) {
  const auto all = tombstones();
  const bool has_any = std::any_of(all->begin(), all->end(), [&](const auto& tombstone) {
    return tombstone.second <= last_lsn;
  });
  if (!has_any) return {};
  return EnqueueAndWait(ForgottenTombstones{last_lsn});
}

Result<void> Catalog::ForgetRemovedFiles(std::vector<std::string> paths) {
  return EnqueueAndWait(ForgottenFiles{std::move(paths)});
}

Result<void> Catalog::RaiseLastIds(Lsn lsn, MeasurementId id) {
  return EnqueueAndWait(LastIds{lsn, id});
}

Result<void> Catalog::Close() {
  if (!committer_thread_.joinable()) return {};
  queue_->Close();
  committer_thread_.Join();
  return committer_->Close();
}

void Catalog::CloseAsItIs() {
  queue_->Close();
  committer_thread_.Join();
  committer_->CloseAsItIs();
}

void Catalog::Enqueue(Change change, Completion completion) {
  CommitQueue::Entry entry{std::move(change), std::move(completion)};
  if (auto pushed = queue_->Push(entry); !pushed.ok()) entry.completion(std::move(pushed));
}

Result<void> Catalog::EnqueueAndWait(Change change) {
  // Shared: the committer may still be inside set_value() when the waiter is gone.
  const auto outcome = std::make_shared<std::promise<Result<void>>>();
  auto future = outcome->get_future();
  Enqueue(std::move(change),
          [outcome](Result<void> result) { outcome->set_value(std::move(result)); });
  return future.get();
}

namespace {

// Before another look for memory that was not there.
constexpr std::chrono::milliseconds kMemoryPause{100};

void Answer(const CommitQueue::Entry& entry, Result<void> outcome) noexcept {
  try {
    entry.completion(std::move(outcome));
  } catch (...) {
    LogExceptionOf("catalog", "could not tell what became of a change");
  }
}

}  // namespace

void Catalog::CommitterLoop() {
  while (true) {
    std::vector<CommitQueue::Entry> group;
    std::vector<const Change*> changes;
    std::vector<Result<void>> outcomes;
    try {
      group = queue_->TakeGroup(group_changes_max_);
      if (group.empty()) return;
      changes.reserve(group.size());
      outcomes.resize(group.size());
    } catch (...) {
      // None was begun. Those that were not taken wait for the next round.
      LogExceptionOf("catalog", "could not begin with changes");
      for (const auto& entry : group) Answer(entry, ErrorOfException());
      if (group.empty()) std::this_thread::sleep_for(kMemoryPause);
      continue;
    }
    for (const auto& entry : group) changes.push_back(&entry.change);
    CommitGroup(changes, outcomes);
    Publish();
    TellCommitted();
    for (std::size_t i = 0; i < group.size(); i++) Answer(group[i], std::move(outcomes[i]));
  }
}

void Catalog::CommitGroup(const std::vector<const Change*>& changes,
                          std::vector<Result<void>>& outcomes) {
  Result<void> allowed;
  try {
    allowed = may_commit_();
  } catch (...) {
    allowed = ErrorOfException();
  }
  if (allowed.ok()) return committer_->CommitGroup(changes, outcomes);
  for (auto& outcome : outcomes) outcome = allowed.error();
}

void Catalog::TellCommitted() {
  try {
    on_committed_(committer_->state().generation);
  } catch (...) {
    LogExceptionOf("catalog", "could not tell how new it is");
  }
}

void Catalog::Publish() {
  auto state = committer_->state();
  transaction_count_ = committer_->transaction_count();
  MutexLock lock(mutex_);
  std::swap(state_, state);  // the old snapshot is released after the lock
}

}  // namespace arc::catalog
