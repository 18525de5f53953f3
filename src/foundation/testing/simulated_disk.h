// The contents of a disk in memory, twice: as programs see them, and as they would be found after
// the power failed. It follows the strictest reading of POSIX: only a sync of a file makes its
// bytes and its length durable, and only a sync of a folder makes its entries durable.
//
// Each file has `bytes` (seen), `durable_bytes`, and the list of changes that lead from the second
// to the first. Each folder has `entries` and `durable_entries` in the same way; the changes of all
// folders are in one list, oldest first, because a rename changes two entries in one step, also of
// two folders. Such a step becomes durable as a whole, when the folder of its first edit (the new
// name) is synced.
//
// FailPower chooses which changes survive, applies them to the durable side, and makes that the
// side that is seen.

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

// What happens to unsynced changes when the machine, or the process, dies.
enum class Unsynced : std::uint8_t {
  kDropAll,
  kKeepAll,
  // Each sector of 512 bytes, each truncation and each change of an entry survives by chance. A
  // file's length may survive without its bytes, which are then zeros.
  kRandomSubset,
  // Only the process died: everything is seen as before, and what was not durable still is not.
  kStaysUnsynced,
};

// Threads: one at a time.
class SimulatedDisk {
 public:
  // A file or a folder.
  struct Node;
  using NodePointer = std::shared_ptr<Node>;

  explicit SimulatedDisk(std::uint64_t seed);

  // The node at a path, as fs::FileSystem takes it; relative paths begin at the root. Null when
  // absent.
  NodePointer Find(const std::string& path) const;

  // These change what is seen. They fail with kAlreadyExists, kNotFound or kStorageFailed where a
  // real disk would.
  Result<NodePointer> Create(const std::string& path, bool is_directory);
  Result<void> Rename(const std::string& from, const std::string& to);
  Result<void> Remove(const std::string& path, bool is_directory);
  // Writes as much as fits; fails with kNoSpace when that is not all.
  Result<void> Write(const NodePointer& file, std::uint64_t offset, std::string_view bytes);
  Result<void> Truncate(const NodePointer& file, std::uint64_t byte_count);
  // The last change survives a crash, whatever happens to the others.
  void KeepLastFileChange(const NodePointer& file);
  void KeepLastEntryChange();

  // Make what is seen durable.
  void SyncFile(const NodePointer& file);
  void SyncDirectory(const NodePointer& directory);
  void SyncEverything();
  // Make a random part durable. What a file loses in this way stays lost: later syncs do not make
  // it durable, although it is seen until the power fails, as on Linux.
  void SyncFilePartly(const NodePointer& file);
  void SyncDirectoryPartly(const NodePointer& directory);
  void SyncEverythingPartly();

  // Afterwards only what is durable is seen (except with kStaysUnsynced). All locks are released.
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
