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
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "catalog/catalog_change.h"
#include "catalog/catalog_state.h"
#include "catalog/snapshot.h"
#include "catalog/work.h"
#include "model/lsn.h"
#include "model/names.h"

namespace arc::catalog {

class CommitQueue;
class Committer;

// Lifetime: opened by Server before anything that reads or writes data, closed after the last
//           flush.
// Threads:  any thread may call anything. One committer thread, owned here, writes to SQLite.
// Limits:   Commit() queues at most queue_changes_max changes; past that it refuses.
class Catalog {
 public:
  struct Options {
    std::string path;  // of the SQLite file; its folder must exist
    std::size_t queue_changes_max = 100'000;
    std::size_t group_changes_max = 20'000;  // committed together at most
  };

  // Called on the committer thread (or by Commit itself when it refuses), once, after the snapshot
  // with the change is published; must not block and must not call Close().
  // Refused changes: kInvalidInput, kAlreadyExists (a name, id or path is in use), kNotFound (a
  // removed path is not live), kOverloaded, kCancelled (the catalog is closed).
  // Any other error, kStorageFailed above all, is a failure of the disk, and then it is unknown
  // whether the change is durable: the catalog reads the database again, so that by the time of the
  // call snapshot() is the truth. If it cannot be read, snapshot() stays, and all further changes
  // fail until it can be.
  using Completion = std::function<void(Result<void>)>;

  // Creates the database file when absent. Fails with kCorruptData when it is not ours or its
  // format version is newer than this server's, with kStorageFailed when it cannot be read.
  static Result<std::unique_ptr<Catalog>> Open(Options options, const Clock& clock);

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

  // The greatest LSN and measurement id that the catalog has ever recorded: new ones start above.
  Lsn greatest_lsn() const;
  MeasurementId greatest_measurement_id() const;
  // Stores a high-water mark for both, each only if it rises. Waits. Succeeds only while the
  // database can be read, also when neither rises: after a failure, then, snapshot() is the truth.
  Result<void> RaiseHighWater(Lsn lsn, MeasurementId id);

  // SQLite transactions committed since Open, for tests and metrics.
  std::uint64_t transaction_count() const;

  // Commits what is queued, joins the committer thread, closes SQLite. From one thread; again is
  // harmless.
  Result<void> Close();

 private:
  Catalog(const Options& options, std::unique_ptr<Committer> committer);
  void Enqueue(Work work, Completion completion);
  Result<void> EnqueueAndWait(Work work);
  void CommitterLoop();
  void Publish();

  const std::size_t group_changes_max_;
  const std::unique_ptr<CommitQueue> queue_;
  const std::unique_ptr<Committer> committer_;  // touched by the committer thread while it runs

  mutable Mutex mutex_;
  CatalogState state_ GUARDED_BY(mutex_);
  std::atomic<std::uint64_t> transaction_count_{0};

  std::thread committer_thread_;
};

}  // namespace arc::catalog
