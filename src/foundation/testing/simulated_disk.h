// The contents of a disk in memory, twice: as programs see them, and as they would be found after
// the power failed. The strictest reading of POSIX: a sync of a file makes its bytes and its length
// durable, a sync of a folder its entries, and nothing else does either.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"

namespace arc::testing {

// What becomes of what was written and never synced when the machine, or the process, dies.
enum class Unsynced : std::uint8_t {
  kDropAll,
  kKeepAll,
  // Each sector of 512 bytes, each cut, each change of an entry by chance. The length of a file may
  // be durable without the bytes, which are zeros then.
  kRandomSubset,
  // Only the process died: all is seen as before, and is as little durable as before.
  kStaysUnsynced,
};

// Threads: one at a time.
class SimulatedDisk {
 public:
  // A file or a folder.
  struct Node;
  using NodePointer = std::shared_ptr<Node>;

  explicit SimulatedDisk(std::uint64_t seed);

  // Of a path as fs::FileSystem takes it; relative ones begin at the root. Null when absent.
  NodePointer Find(const std::string& path) const;

  // Changes what is seen. kAlreadyExists, kNotFound, or kStorageFailed as a real disk would.
  Result<NodePointer> Create(const std::string& path, bool is_directory);
  Result<void> Rename(const std::string& from, const std::string& to);
  Result<void> Remove(const std::string& path, bool is_directory);
  // Writes as much as there is room for; the rest is kNoSpace.
  Result<void> Write(const NodePointer& file, std::uint64_t offset, std::string_view bytes);
  Result<void> Truncate(const NodePointer& file, std::uint64_t byte_count);
  // Whatever a crash does to the rest, it keeps the change that was made last.
  void KeepLastFileChange(const NodePointer& file);
  void KeepLastEntryChange();

  // Make what is seen durable.
  void SyncFile(const NodePointer& file);
  void SyncDirectory(const NodePointer& directory);
  void SyncEverything();
  // The same as far as chance will have it. What a file loses so stays lost: later syncs do not
  // make it durable, as on Linux, where it is still seen until the power fails.
  void SyncFilePartly(const NodePointer& file);
  void SyncDirectoryPartly(const NodePointer& directory);
  void SyncEverythingPartly();

  // What is durable is all there is (but for kStaysUnsynced). Nobody holds a lock.
  void FailPower(Unsynced unsynced);

  void SetCapacity(std::uint64_t bytes) { capacity_bytes_ = bytes; }
  std::uint64_t free_bytes() const {
    return capacity_bytes_ > used_bytes_ ? capacity_bytes_ - used_bytes_ : 0;
  }

  bool FlipCoin() { return (random_() & 1) != 0; }
  // Less than `limit`, which must not be 0.
  std::uint64_t RandomBelow(std::uint64_t limit) { return random_() % limit; }

 private:
  struct EntryEdit;
  struct EntryChange;
  struct Place {
    NodePointer directory;
    std::string name;
  };

  Result<Place> FindPlace(const std::string& path) const;
  void Record(std::vector<EntryEdit> edits);
  void MakeDurable(std::size_t entry_change_index);
  void MarkChanged(const NodePointer& file);
  void Unlink(const NodePointer& node);
  void ShowOnlyWhatIsDurable(const NodePointer& node);
  void ReleaseLocks(const NodePointer& node);

  std::mt19937_64 random_;
  const NodePointer root_;
  std::vector<NodePointer> changed_files_;  // with changes that are not durable
  std::vector<EntryChange> entry_changes_;  // that are not durable, oldest first
  std::uint64_t capacity_bytes_ = std::uint64_t{1} << 40;
  std::uint64_t used_bytes_ = 0;
};

// A change of a file's contents.
struct FileChange {
  bool is_truncation = false;
  bool is_kept = false;      // also when the power fails
  std::uint64_t offset = 0;  // the new length for a truncation
  std::string bytes;
};

struct SimulatedDisk::Node {
  bool is_directory = false;
  bool is_linked = true;
  const void* lock_holder = nullptr;

  std::string bytes, durable_bytes;
  std::vector<FileChange> changes;  // seen, but not durable, oldest first

  std::map<std::string, NodePointer> entries, durable_entries;
};

struct SimulatedDisk::EntryEdit {
  NodePointer directory;
  std::string name;
  NodePointer node;  // null when the name goes
};

// Atomic. Durable once the folder of the first edit is synced.
struct SimulatedDisk::EntryChange {
  std::vector<EntryEdit> edits;
  bool is_kept = false;
};

}  // namespace arc::testing
