// Makes staged files appear: durable, checked, in place, in the catalog. All or nothing for each
// publication, in groups for speed: one sync and one catalog transaction for many of them.
//
// A publication goes through these steps (docs/formats/files.md). A failure at any of them ends it,
// and removes its files.
//   staged     Files are written in the staging folder. A crash: the next start removes them.
//   durable    Their bytes are synced, and each file was opened again and checked.
//   listed     Only for rows that the log does not have (imports): a list of the files is durable,
//              so that a start can remove them all. Rows of a flush are in the log.
//   in place   The files have their final names. A crash: the next start removes what the catalog
//              does not hold, by the list or because the log has the rows.
//   offered    Names are durable, the change waits for the catalog.
//   live       The catalog has committed: queries see the files. The list goes.
// After a commit of which nobody knows the outcome, the catalog reads its file again and tells.
//
// With few files each is synced by itself. With many, one sync of the whole file system serves the
// bytes of a group and, at the same time, the names of the group before it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/catalog/catalog.h"
#include "data/files/file_stager.h"
#include "foundation/base/mutex.h"
#include "foundation/base/result.h"
#include "foundation/base/thread.h"
#include "foundation/fs/file_system.h"

namespace arc::files {

// The files of one flush or import, and what the catalog is to hold with them.
struct Publication {
  // Called once, when the files are live or gone, on the publisher's or the catalog's thread; must
  // not block.
  using Completion = std::function<void(Result<void>)>;

  std::vector<StagedFile> files;
  // One for each measurement; their added_files are the entries of `files`.
  std::vector<catalog::MeasurementChange> changes;
  Completion completion;
};

// Lifetime: built by Store after the catalog, closed before it.
// Threads:  any thread may publish. One thread ("publisher"), owned here, does the work.
// Limits:   about kWaitingFilesMax files wait; past that Publish blocks.
class FilePublisher {
 public:
  static constexpr std::size_t kWaitingFilesMax = 20'000;
  // A group with more files is synced by one syncfs instead of a sync for each file and folder.
  static constexpr std::size_t kSyncEachFilesMax = 8;

  FilePublisher(std::string root, fs::FileSystem& file_system, catalog::Catalog& catalog);
  FilePublisher(const FilePublisher&) = delete;
  FilePublisher& operator=(const FilePublisher&) = delete;
  ~FilePublisher();  // Requires: Close() has been called.

  // With no memory to take them they are refused at once: then `completion` is called here.
  void Publish(std::vector<Publication> publications) noexcept;
  // One, and waits for the outcome; `completion` is not used.
  Result<void> PublishAndWait(Publication publication);

  // Up to where the catalog has the rows of a measurement; zero when it does not hold it. Usually
  // known from the completion; not after a commit whose outcome nobody could tell.
  Lsn CommittedLsn(const MeasurementName& name, MeasurementId id) const;

  // Finishes what waits and joins the thread. Nobody may publish any more.
  void Close();

 private:
  struct Item;
  enum class CommitOutcome : std::uint8_t { kLive, kRefused, kUnknown };
  using Group = std::vector<std::shared_ptr<Item>>;

  void Enqueue(std::vector<Publication>& publications);
  void Run();
  bool TakeLocked(Group& group, Group& settling) noexcept REQUIRES(mutex_);
  void Try(const Group& group, const std::function<void()>& step) noexcept;
  void PublishGroup(Group group);
  void PublishEach(const Group& group);
  void FinishPlaced();
  void CommitPlaced(const Result<void>& synced);
  bool IsSyncedEach(const Group& group) const;
  Result<void> SyncAll();
  void SyncFiles(const Group& group);
  void CheckFiles(const Group& group);
  void WriteLists(const Group& group);
  void PutInPlace(const Group& group, bool sync_each);
  Result<void> Place(const std::string& staged, const std::string& target, bool sync_each);
  void SyncFolders(const Group& group);
  void Commit(const Group& group) noexcept;
  void Committed(const std::shared_ptr<Item>& item, Result<void> outcome) noexcept;
  void SettleLive(Item& item) noexcept;
  void SettleFailed(Item& item) noexcept;
  void RemoveList(Item& item) noexcept;
  void Finish(Item& item, Result<void> outcome) noexcept;
  CommitOutcome OutcomeOf(const Item& item);
  void Discard(Item& item);

  // Constant after construction.
  const std::string root_;
  fs::FileSystem& file_system_;
  catalog::Catalog& catalog_;

  // Touched only by the thread. After a failed syncfs nobody knows which folder is durable: every
  // later group is synced as a whole, which fails as long as the file system says so.
  bool sync_all_failed_ = false;
  // A large group whose files have their names: the next sync of the whole makes those durable, and
  // the bytes of the group after it.
  Group placed_;

  Mutex mutex_;
  Condition changed_;
  Group waiting_ GUARDED_BY(mutex_);
  Group settling_ GUARDED_BY(mutex_);  // offered to the catalog, and not over
  std::size_t waiting_file_count_ GUARDED_BY(mutex_) = 0;
  std::size_t commits_in_flight_ GUARDED_BY(mutex_) = 0;
  bool is_closing_ GUARDED_BY(mutex_) = false;

  Thread thread_;
};

}  // namespace arc::files
