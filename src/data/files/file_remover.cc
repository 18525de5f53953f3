#include "data/files/file_remover.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "data/files/file_name.h"
#include "foundation/base/check.h"
#include "foundation/base/exception_error.h"
#include "foundation/base/log.h"

namespace arc::files {
namespace {

// More folders than this are synced by one syncfs.
constexpr std::size_t kSyncEachFoldersMax = 8;

}  // namespace

FileRemover::FileRemover(std::string root, fs::FileSystem& file_system, catalog::Catalog& catalog,
                         const Clock& clock, std::chrono::milliseconds first_retry)
    : root_(std::move(root)),
      file_system_(file_system),
      catalog_(catalog),
      clock_(clock),
      first_retry_(first_retry) {
  thread_ = Thread("file-remover", [this] { Run(); });
}

void FileRemover::Close() {
  if (!thread_.joinable()) return;  // the catalog may be gone by now
  catalog_.removed_files().StopTaking();
  thread_.Join();
}

void FileRemover::Run() {
  while (!catalog_.removed_files().is_stopped()) {
    try {
      RemoveReleased();
    } catch (...) {
      LogExceptionOf("file-remover", "leaves some files to the next start");
    }
  }
}

void FileRemover::RemoveReleased() {
  auto& removed = catalog_.removed_files();
  std::optional<std::chrono::steady_clock::time_point> until;
  if (!retries_.empty()) {
    until = std::chrono::steady_clock::now() + (retries_.begin()->first - clock_.NowSteady());
  }
  const auto released = removed.TakeReleased(until);
  for (std::size_t begin = 0; begin < released.size(); begin += kGroupFilesMax) {
    if (removed.is_stopped()) return;
    const auto end = std::min(begin + kGroupFilesMax, released.size());
    RemoveAll(Paths(released.begin() + static_cast<std::ptrdiff_t>(begin),
                    released.begin() + static_cast<std::ptrdiff_t>(end)),
              first_retry_);
  }
  while (!retries_.empty() && retries_.begin()->first <= clock_.NowSteady() &&
         !removed.is_stopped()) {
    const auto retry = std::move(retries_.extract(retries_.begin()).mapped());
    RemoveAll(retry.paths, std::min(retry.delay * 2, kLastRetry));
  }
}

// `delay` is for those that fail.
void FileRemover::RemoveAll(const Paths& paths, std::chrono::milliseconds delay) {
  Paths gone;
  Paths adopted;
  Paths failed;
  std::optional<Error> failure;
  for (const auto& path : paths) {
    if (!IsOwnPath(path)) {
      adopted.push_back(path);
      continue;
    }
    CHECK(!path.starts_with('/'), "BUG: a file of another server would be deleted");
    auto removed = file_system_.Remove(root_ + "/" + path);
    if (removed.ok() || removed.error().code == ErrorCode::kNotFound) {
      gone.push_back(path);
    } else {
      failed.push_back(path);
      failure = std::move(removed).TakeError();
    }
  }
  if (failure) RetryLater(std::move(failed), delay, *failure);
  if (gone.empty() && adopted.empty()) return;
  auto forgotten = MakeDurable(gone);
  gone.insert(gone.end(), adopted.begin(), adopted.end());
  if (forgotten.ok()) forgotten = catalog_.ForgetRemovedFiles(gone);
  if (!forgotten.ok()) RetryLater(std::move(gone), delay, forgotten.error());
}

// Removes the folders that are empty, upwards, and syncs those that stay: a file that came back
// after a crash would belong to nobody once the catalog has forgotten it.
Result<void> FileRemover::MakeDurable(const Paths& gone) {
  std::set<std::string> changed;
  for (const auto& path : gone) {
    for (auto folder = fs::ParentOf(path);; folder = fs::ParentOf(folder)) {
      if (folder == "." || !RemoveFolder(folder)) {
        changed.insert(folder == "." ? root_ : root_ + "/" + folder);
        break;
      }
      changed.erase(root_ + "/" + folder);
    }
  }
  if (changed.size() > kSyncEachFoldersMax) return file_system_.SyncFileSystem(root_);
  for (const auto& folder : changed) {
    auto synced = file_system_.SyncDirectory(folder);
    // Its absence is durable once the folder above is synced, which is among these.
    if (!synced.ok() && synced.error().code != ErrorCode::kNotFound) return synced;
  }
  return {};
}

// False when it stays, because it holds something or cannot be removed. FilePublisher makes it anew
// should it need it at this moment.
bool FileRemover::RemoveFolder(const std::string& folder) {
  const auto removed = file_system_.RemoveDirectory(root_ + "/" + folder);
  return removed.ok() || removed.error().code == ErrorCode::kNotFound;
}

void FileRemover::RetryLater(Paths paths, std::chrono::milliseconds delay, const Error& why) {
  LogWarning("storage: {} removed files cannot be deleted yet, next try in {} ms: {}", paths.size(),
             delay.count(), LogText(why));
  retries_.emplace(clock_.NowSteady() + delay, Retry{std::move(paths), delay});
}

}  // namespace arc::files
