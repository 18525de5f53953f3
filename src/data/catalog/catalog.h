// The truth about which databases, measurements, columns and files exist: SQLite on disk
// (docs/formats/catalog.md), immutable snapshots in memory.
//
// A change is committed with others that wait at the same time in one SQLite transaction, then the
// snapshot with all of them is published, then their completions run.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "data/catalog/change.h"
#include "data/catalog/removed_files.h"
#include "data/catalog/snapshot.h"
#include "data/catalog/state.h"
#include "foundation/base/mutex.h"
#include "foundation/base/result.h"
#include "foundation/base/thread.h"
#include "foundation/model/lsn.h"
#include "foundation/model/names.h"
#include "foundation/time/clock.h"

namespace arc::fs {
class FileSystem;
}  // namespace arc::fs

namespace arc::catalog {

class CommitQueue;
class Committer;

// Lifetime: opened by Store before anything that reads or writes data, closed after the last
//           flush.
// Threads:  any thread may call anything. One committer thread, owned here, writes to SQLite.
// Limits:   Commit() queues at most queue_changes_max changes; past that it refuses.
class Catalog {
 public:
  struct Options {
    std::string path;  // of the SQLite file; its folder must exist
    std::size_t queue_changes_max = 100'000;
    std::size_t group_changes_max = 20'000;  // committed together at most
    std::uint64_t generation_min = 0;        // no transaction has a smaller number
    // Told of every generation() that became durable, on the committer thread and before anybody
    // is told what was committed with it. Must not block for long.
    std::function<void(std::uint64_t)> on_committed = [](std::uint64_t) {};
    // Asked before every transaction, on the same thread: what it fails with, all changes of the
    // group fail with, and nothing is written.
    std::function<Result<void>()> may_commit = [] { return Result<void>(); };
  };

  // Called on the committer thread (or by Commit itself when it refuses), once, after the snapshot
  // with the change is published; must not block and must not call Close().
  // Refused changes: kInvalidInput, kAlreadyExists (a name, id or path is in use), kNotFound (a
  // removed path is not live), kOverloaded, kCancelled (the catalog is closed).
  // Any other error, kNoSpace or kStorageFailed, is a failure of the disk, and then it is unknown
  // whether the change is durable: the catalog reads the database again, so that by the time of the
  // call snapshot() is the truth. If it cannot be read, snapshot() stays, and all further changes
  // fail until it can be.
  using Completion = std::function<void(Result<void>)>;

  // Creates the database file when absent. Fails with kCorruptData when it is not ours or its
  // format version is newer than this server's, with kStorageFailed when it cannot be read.
  // `file_system` and `clock` must outlive the catalog.
  static Result<std::unique_ptr<Catalog>> Open(Options options, fs::FileSystem& file_system,
                                               const Clock& clock);

  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;
  ~Catalog();  // Requires: Close() has been called.

  // Never null. Cheap: one lock, one reference count.
  std::shared_ptr<const Snapshot> snapshot() const;

  // Queues a change. A change is refused alone (kInvalidInput, kAlreadyExists...), it does not take
  // the others of its group with it.
  void Commit(CatalogChange change, Completion completion);
  // The same, and waits for the outcome. Not for I/O threads.
  Result<void> CommitAndWait(CatalogChange change);
  // Fails with kAlreadyExists, or kInvalidInput for a bad name. Waits; not for I/O threads.
  Result<void> CreateDatabase(const std::string& name);

  // Removes measurements or a database with all files, in one transaction that leaves a tombstone
  // for each measurement: from then on no change can bring its id back (kNotFound). Fails with
  // kNotFound when the database or, by its id, a measurement is dropped already or never was;
  // kInvalidInput when a name is another measurement's by now. After a failure of the disk the
  // snapshot tells whether it was dropped (Snapshot::IsDropped). Waits; not for I/O threads.
  Result<DropCounts> Drop(DropChange change);
  // Of the measurements that the WAL may still hold rows of: replay skips those.
  std::shared_ptr<const Tombstones> tombstones() const;
  // The WAL holds no record up to `last_lsn` any more: the tombstones up to it go. Their ids stay
  // refused until the catalog is closed. Free when there are none such; else waits.
  Result<void> ForgetTombstones(Lsn last_lsn);

  // The files that changes and drops have removed from the catalog and that are not forgotten: all,
  // and those that no snapshot shows any more, for the one who unlinks them. It also knows what
  // earlier runs left.
  RemovedFiles& removed_files() const { return *removed_files_; }
  // They are unlinked, and durably so. Waits; not for I/O threads.
  Result<void> ForgetRemovedFiles(std::vector<std::string> paths);

  // The greatest LSN and measurement id that the catalog has ever recorded: new ones start above.
  Lsn greatest_lsn() const;
  MeasurementId greatest_measurement_id() const;
  // Stores a high-water mark for both, each only if it rises. Waits. Succeeds only while the
  // database can be read, also when neither rises: after a failure, then, snapshot() is the truth.
  Result<void> RaiseLastIds(Lsn lsn, MeasurementId id);

  // The number of the last transaction, of all that the database ever had: it only rises, so that
  // an older copy of the file can be told from this one. 0 before the first.
  std::uint64_t generation() const;

  // SQLite transactions committed since Open, for tests and metrics.
  std::uint64_t transaction_count() const;

  // Commits what is queued, joins the committer thread, closes SQLite. From one thread; again is
  // harmless.
  Result<void> Close();
  // The same for a catalog that only was looked at: its files stay byte for byte as they are.
  // Requires: nothing was changed.
  void CloseAsItIs();

 private:
  Catalog(const Options& options, std::unique_ptr<Committer> committer);
  void Enqueue(Change change, Completion completion);
  Result<void> EnqueueAndWait(Change change);
  void CommitterLoop();
  void CommitGroup(const std::vector<const Change*>& changes, std::vector<Result<void>>& outcomes);
  void TellCommitted();
  void Publish();

  const std::size_t group_changes_max_;
  const std::function<void(std::uint64_t)> on_committed_;
  const std::function<Result<void>()> may_commit_;
  const std::unique_ptr<CommitQueue> queue_;
  const std::unique_ptr<Committer> committer_;  // touched by the committer thread while it runs
  const std::shared_ptr<RemovedFiles> removed_files_;

  mutable Mutex mutex_;
  CatalogState state_ GUARDED_BY(mutex_);
  std::atomic<std::uint64_t> transaction_count_{0};

  Thread committer_thread_;
};

}  // namespace arc::catalog
