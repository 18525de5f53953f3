#include "data/files/file_publisher.h"

#include <algorithm>
#include <future>
#include <set>
#include <utility>

#include "data/encoding/parquet_check.h"
#include "data/files/publication_list.h"
#include "foundation/base/check.h"
#include "foundation/base/exception_error.h"
#include "foundation/base/log.h"

namespace arc::files {
namespace {

// Between two looks for memory that was not there.
constexpr std::chrono::milliseconds kMemoryPause{100};

void Answer(const Publication::Completion& completion, Result<void> outcome) noexcept {
  try {
    completion(std::move(outcome));
  } catch (...) {
    LogExceptionOf("publisher", "could not tell what became of files");
  }
}

bool IsNotFound(const Result<void>& outcome) {
  return !outcome.ok() && outcome.error().code == ErrorCode::kNotFound;
}

}  // namespace

struct FilePublisher::Item {
  Publication publication;
  std::size_t placed_count = 0;  // so many of its files have their final name
  bool was_offered = false;      // to the catalog
  std::string list_path{};       // of its publication list; empty: the log has its rows
  std::optional<Error> failure;  // the first one; the rest of the steps are left out

  void Fail(const Result<void>& result) {
    if (!result.ok() && !failure) failure.emplace(CopyOf(result.error()));
  }
  void FailOnDisk(const Result<void>& result) {
    if (!result.ok() && !failure) failure.emplace(DiskFailure(CopyOf(result.error())));
  }
};

FilePublisher::FilePublisher(std::string root, fs::FileSystem& file_system,
                             catalog::Catalog& catalog)
    : root_(std::move(root)), file_system_(file_system), catalog_(catalog) {
  thread_ = Thread("publisher", [this] { Run(); });
}

FilePublisher::~FilePublisher() { CHECK(!thread_.joinable(), "a publisher was not closed"); }

void FilePublisher::Publish(std::vector<Publication> publications) noexcept {
  try {
    Enqueue(publications);
  } catch (...) {
    LogExceptionOf("publisher", "could not take files");
    for (auto& publication : publications) {
      DiscardStaged(file_system_, publication.files);
      Answer(publication.completion, ErrorOfException());
    }
  }
}

// When it throws, nothing was taken.
void FilePublisher::Enqueue(std::vector<Publication>& publications) {
  Group items;
  items.reserve(publications.size());
  for (std::size_t i = 0; i < publications.size(); i++) items.push_back(std::make_shared<Item>());
  MutexLock lock(mutex_);
  CHECK(!is_closing_, "published after Close");
  while (waiting_file_count_ >= kWaitingFilesMax) changed_.Wait(lock);
  waiting_.reserve(waiting_.size() + items.size());
  for (std::size_t i = 0; i < items.size(); i++) {
    waiting_file_count_ += publications[i].files.size();
    items[i]->publication = std::move(publications[i]);
    waiting_.push_back(std::move(items[i]));
  }
  changed_.NotifyAll();
}

Result<void> FilePublisher::PublishAndWait(Publication publication) {
  // Shared: the other thread may still be inside set_value() when the waiter is gone.
  const auto outcome = std::make_shared<std::promise<Result<void>>>();
  auto future = outcome->get_future();
  publication.completion = [outcome](Result<void> result) {
    outcome->set_value(std::move(result));
  };
  std::vector<Publication> one;
  one.push_back(std::move(publication));
  Publish(std::move(one));
  return future.get();
}

Lsn FilePublisher::CommittedLsn(const MeasurementName& name, MeasurementId id) const {
  const auto state = catalog_.snapshot()->FindMeasurement(name);
  return state != nullptr && state->id == id ? state->flushed_lsn : kLsnZero;
}

void FilePublisher::Close() {
  {
    MutexLock lock(mutex_);
    is_closing_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.Join();
}

void FilePublisher::Run() {
  while (true) {
    Group group;
    Group settling;
    {
      MutexLock lock(mutex_);
      while (waiting_.empty() && settling_.empty() && placed_.empty()) {
        if (is_closing_ && commits_in_flight_ == 0) return;
        changed_.Wait(lock);
      }
      if (!TakeLocked(group, settling)) {
        changed_.WaitUntil(lock, std::chrono::steady_clock::now() + kMemoryPause);
        continue;
      }
    }
    for (const auto& item : settling) {
      item->failure ? SettleFailed(*item) : SettleLive(*item);
    }
    if (group.empty()) {
      FinishPlaced();
    } else if (IsSyncedEach(group)) {
      FinishPlaced();
      PublishEach(group);
    } else {
      PublishGroup(std::move(group));
    }
  }
}

// False, and nothing is taken, when there is no memory for the commits in flight that will have to
// be settled: the catalog's thread, which tells of them, must not run out of it.
bool FilePublisher::TakeLocked(Group& group, Group& settling) noexcept {
  try {
    settling.reserve(commits_in_flight_ + waiting_.size());
  } catch (...) {
    LogExceptionOf("publisher", "waits for memory");
    return false;
  }
  group.swap(waiting_);
  settling.swap(settling_);
  waiting_file_count_ = 0;
  commits_in_flight_ += group.size();
  changed_.NotifyAll();
  return true;
}

// An exception within a step is the failure of all that are not committed: how far each has come
// nobody knows.
void FilePublisher::Try(const Group& group, const std::function<void()>& step) noexcept {
  try {
    step();
  } catch (...) {
    LogExceptionOf("publisher", "was interrupted");
    const Result<void> failure = ErrorOfException();
    for (const auto& item : group) item->Fail(failure);
  }
}

void FilePublisher::PublishEach(const Group& group) {
  Try(group, [&] {
    SyncFiles(group);
    CheckFiles(group);
    WriteLists(group);
    PutInPlace(group, /*sync_each=*/true);
    SyncFolders(group);
  });
  Commit(group);
}

// Needs one sync for each group as long as groups follow each other: the same sync makes the bytes
// of this group durable, and the names of the group before it.
void FilePublisher::PublishGroup(Group group) {
  Try(group, [&] {
    for (const auto& item : group) {
      for (auto& staged : item->publication.files) item->FailOnDisk(CloseFile(staged));
    }
  });
  const auto synced = SyncAll();
  for (const auto& item : group) item->FailOnDisk(synced);
  CommitPlaced(synced);
  Try(group, [&] {
    CheckFiles(group);
    WriteLists(group);
    PutInPlace(group, /*sync_each=*/false);
  });
  placed_ = std::move(group);
}

void FilePublisher::FinishPlaced() {
  if (!placed_.empty()) CommitPlaced(SyncAll());
}

void FilePublisher::CommitPlaced(const Result<void>& synced) {
  const auto placed = std::exchange(placed_, {});
  for (const auto& item : placed) item->FailOnDisk(synced);
  Commit(placed);
}

bool FilePublisher::IsSyncedEach(const Group& group) const {
  std::size_t file_count = 0;
  bool all_open = true;
  for (const auto& item : group) {
    file_count += item->publication.files.size();
    for (const auto& staged : item->publication.files) all_open = all_open && staged.file;
  }
  return all_open && file_count <= kSyncEachFilesMax && !sync_all_failed_;
}

Result<void> FilePublisher::SyncAll() {
  try {
    auto synced = file_system_.SyncFileSystem(root_);
    if (!synced.ok()) sync_all_failed_ = true;
    return synced;
  } catch (...) {
    sync_all_failed_ = true;
    return ErrorOfException();
  }
}

void FilePublisher::SyncFiles(const Group& group) {
  for (const auto& item : group) {
    for (auto& staged : item->publication.files) {
      item->FailOnDisk(staged.file->Sync());
      item->FailOnDisk(CloseFile(staged));
    }
  }
}

void FilePublisher::CheckFiles(const Group& group) {
  for (const auto& item : group) {
    for (const auto& staged : item->publication.files) {
      if (item->failure) break;
      item->FailOnDisk(encoding::CheckParquetFile(file_system_, staged.staged_path, staged.entry));
    }
  }
}

// Rows that the log does not have cannot prove, after a crash, that a file is superfluous.
void FilePublisher::WriteLists(const Group& group) {
  for (const auto& item : group) {
    const auto& changes = item->publication.changes;
    const bool is_in_log = std::any_of(changes.begin(), changes.end(), [](const auto& change) {
      return change.flushed.has_value();
    });
    if (item->failure || is_in_log || item->publication.files.empty()) continue;
    std::vector<std::string> paths;
    for (const auto& staged : item->publication.files) paths.push_back(staged.entry.path);
    item->list_path = PublicationListPath(root_, paths);
    item->FailOnDisk(WritePublicationList(file_system_, root_, paths));
  }
}

void FilePublisher::PutInPlace(const Group& group, bool sync_each) {
  std::set<std::string> folders;  // that are known to exist
  for (const auto& item : group) {
    for (const auto& staged : item->publication.files) {
      if (item->failure) break;
      const auto target = root_ + "/" + staged.entry.path;
      const auto folder = fs::ParentOf(target);
      if (!folders.contains(folder)) {
        auto made = sync_each ? file_system_.CreateDirectories(folder)
                              : file_system_.CreateDirectoriesUnsynced(folder);
        if (!IsNotFound(made)) item->FailOnDisk(made);  // else Place makes it
      }
      if (item->failure) break;
      folders.insert(folder);
      item->FailOnDisk(Place(staged.staged_path, target, sync_each));
      if (!item->failure) item->placed_count++;
    }
  }
}

// FileRemover removes empty folders, at any moment before the file is in its own: then it is made
// anew. Should the staged file be what is missing, every try says so.
Result<void> FilePublisher::Place(const std::string& staged, const std::string& target,
                                  bool sync_each) {
  constexpr int kRetries = 10;
  auto placed = file_system_.Rename(staged, target);
  for (int i = 0; i < kRetries && IsNotFound(placed); i++) {
    const auto folder = fs::ParentOf(target);
    auto made = sync_each ? file_system_.CreateDirectories(folder)
                          : file_system_.CreateDirectoriesUnsynced(folder);
    if (made.ok()) {
      placed = file_system_.Rename(staged, target);
    } else if (!IsNotFound(made)) {
      return made;
    }
  }
  return placed;
}

void FilePublisher::SyncFolders(const Group& group) {
  std::set<std::string> synced;
  for (const auto& item : group) {
    for (const auto& staged : item->publication.files) {
      const auto folder = fs::ParentOf(root_ + "/" + staged.entry.path);
      if (item->failure || synced.contains(folder)) continue;
      item->FailOnDisk(file_system_.SyncDirectory(folder));
      if (!item->failure) synced.insert(folder);
    }
  }
}

void FilePublisher::Commit(const Group& group) noexcept {
  for (const auto& item : group) {
    try {
      if (!item->failure) {
        item->was_offered = true;
        catalog_.Commit({item->publication.changes}, [this, item](Result<void> outcome) {
          Committed(item, std::move(outcome));
        });
        continue;
      }
    } catch (...) {  // the catalog has not taken it
      item->Fail(ErrorOfException());
    }
    SettleFailed(*item);
  }
}

// On the catalog's thread, which must not wait for the disk: a failure is settled on our own, and
// so is what has a list.
void FilePublisher::Committed(const std::shared_ptr<Item>& item, Result<void> outcome) noexcept {
  CHECK(item->was_offered || !outcome.ok(), "BUG: the catalog has what it was not offered");
  const bool is_over = outcome.ok() && item->list_path.empty();
  if (is_over) Answer(item->publication.completion, {});
  MutexLock lock(mutex_);
  if (is_over) {
    commits_in_flight_--;
  } else {
    item->Fail(outcome);
    settling_.push_back(item);  // TakeLocked has made room
  }
  changed_.NotifyAll();
}

void FilePublisher::SettleLive(Item& item) noexcept {
  RemoveList(item);
  Finish(item, {});
}

// Before anybody hears that the files are there: what a list names may be deleted at the next
// start.
void FilePublisher::RemoveList(Item& item) noexcept {
  if (item.list_path.empty()) return;
  try {
    auto removed = RemovePublicationList(file_system_, root_, item.list_path);
    if (!removed.ok()) removed = RemovePublicationList(file_system_, root_, item.list_path);
    if (!removed.ok())
      LogFailure("storage: a list of files stays until the next start", removed.error());
  } catch (...) {
    LogExceptionOf("publisher", "leaves a list of files to the next start");
  }
}

void FilePublisher::Finish(Item& item, Result<void> outcome) noexcept {
  Answer(item.publication.completion, std::move(outcome));
  MutexLock lock(mutex_);
  CHECK(commits_in_flight_ > 0, "BUG: more publications end than began");
  commits_in_flight_--;
  changed_.NotifyAll();
}

void FilePublisher::SettleFailed(Item& item) noexcept {
  Result<void> outcome = CopyOf(*item.failure);
  try {
    switch (OutcomeOf(item)) {
      case CommitOutcome::kLive:
        outcome = {};
        RemoveList(item);
        break;
      case CommitOutcome::kRefused:
        Discard(item);
        RemoveList(item);
        break;
      case CommitOutcome::kUnknown:
        LogError("storage: {} files stay on disk, the catalog cannot say whether it has them: {}",
                 item.publication.files.size(), item.publication.files.front().entry.path);
        break;
    }
  } catch (...) {
    LogExceptionOf("publisher", "leaves files of a failed publication where they are");
  }
  Finish(item, std::move(outcome));
}

// After a failed commit only the catalog's own file knows what it holds. A change that changes
// nothing succeeds only once that file could be read again; then the snapshot is the truth. The
// catalog takes a change as a whole, so it is enough to look for one file.
FilePublisher::CommitOutcome FilePublisher::OutcomeOf(const Item& item) {
  const auto& change = item.publication.changes.front();
  if (!item.was_offered || change.added_files.empty()) return CommitOutcome::kRefused;
  if (!catalog_.RaiseLastIds(kLsnZero, MeasurementId{0}).ok()) return CommitOutcome::kUnknown;
  const auto state = catalog_.snapshot()->FindMeasurement(change.name);
  if (state == nullptr) return CommitOutcome::kRefused;
  for (const auto& placed : state->files.blocks()) {
    for (const auto& file : placed.block->files) {
      if (file->path == change.added_files.front().path) return CommitOutcome::kLive;
    }
  }
  return CommitOutcome::kRefused;
}

// Files that have their final name are removed durably: one that came back after a crash would be
// in no list and in no catalog.
void FilePublisher::Discard(Item& item) {
  auto& files = item.publication.files;
  std::set<std::string> folders;
  for (std::size_t i = 0; i < item.placed_count; i++) {
    files[i].staged_path = root_ + "/" + files[i].entry.path;
    folders.insert(fs::ParentOf(files[i].staged_path));
  }
  DiscardStaged(file_system_, files);
  for (const auto& folder : folders) {
    if (const auto synced = file_system_.SyncDirectory(folder); !synced.ok()) {
      LogWarning("storage: a refused file may be back after a crash: {}", LogText(synced.error()));
    }
  }
}

}  // namespace arc::files
