#include "foundation/testing/simulated_disk.h"

#include <algorithm>
#include <utility>

#include "foundation/base/check.h"

namespace arc::testing {
namespace {

constexpr std::uint64_t kSectorBytes = 512;

Error ErrorOf(ErrorCode code, std::string message, const std::string& path) {
  return Error{code, std::move(message), path};
}

std::vector<std::string> NamesOf(const std::string& path) {
  std::vector<std::string> names;
  std::size_t begin = 0;
  while (begin < path.size()) {
    const auto end = std::min(path.find('/', begin), path.size());
    const auto name = path.substr(begin, end - begin);
    CHECK(name != "..", "the simulated disk knows no way up");
    if (!name.empty() && name != ".") names.push_back(name);
    begin = end + 1;
  }
  return names;
}

void Overwrite(std::string& target, std::uint64_t offset, std::string_view bytes) {
  if (bytes.empty()) return;
  if (target.size() < offset + bytes.size()) target.resize(offset + bytes.size(), '\0');
  target.replace(offset, bytes.size(), bytes);
}

void Apply(const FileChange& change, std::string& target) {
  if (change.is_truncation) {
    target.resize(change.offset, '\0');
  } else {
    Overwrite(target, change.offset, change.bytes);
  }
}

}  // namespace

SimulatedDisk::SimulatedDisk(std::uint64_t seed) : random_(seed), root_(std::make_shared<Node>()) {
  root_->is_directory = true;
}

SimulatedDisk::NodePointer SimulatedDisk::Find(const std::string& path) const {
  auto node = root_;
  for (const auto& name : NamesOf(path)) {
    const auto entry = node->entries.find(name);
    if (entry == node->entries.end()) return nullptr;
    node = entry->second;
  }
  return node;
}

Result<SimulatedDisk::Place> SimulatedDisk::FindPlace(const std::string& path) const {
  auto names = NamesOf(path);
  CHECK(!names.empty(), "the root of the simulated disk is not to be changed");
  auto directory = Find(fs::ParentOf(path));
  if (directory == nullptr) {
    return ErrorOf(ErrorCode::kNotFound, "No such file or directory", path);
  }
  if (!directory->is_directory) {
    return ErrorOf(ErrorCode::kStorageFailed, "Not a directory", path);
  }
  return Place{std::move(directory), std::move(names.back())};
}

Result<SimulatedDisk::NodePointer> SimulatedDisk::Create(const std::string& path,
                                                         bool is_directory) {
  const auto place = TRY(FindPlace(path));
  if (place.directory->entries.contains(place.name)) {
    return ErrorOf(ErrorCode::kAlreadyExists, "File exists", path);
  }
  auto node = std::make_shared<Node>();
  node->is_directory = is_directory;
  Record({{place.directory, place.name, node}});
  return node;
}

Result<void> SimulatedDisk::Rename(const std::string& from, const std::string& to) {
  const auto source = TRY(FindPlace(from));
  const auto target = TRY(FindPlace(to));
  const auto node = Find(from);
  if (node == nullptr) return ErrorOf(ErrorCode::kNotFound, "No such file or directory", from);
  const auto replaced = Find(to);
  if (replaced == node) return {};
  if (replaced != nullptr) {
    if (replaced->is_directory || node->is_directory) {
      return ErrorOf(ErrorCode::kStorageFailed, "Is a directory", to);
    }
    Unlink(replaced);
  }
  Record({{target.directory, target.name, node}, {source.directory, source.name, nullptr}});
  return {};
}

Result<void> SimulatedDisk::Remove(const std::string& path, bool is_directory) {
  const auto place = TRY(FindPlace(path));
  const auto node = Find(path);
  if (node == nullptr) return ErrorOf(ErrorCode::kNotFound, "No such file or directory", path);
  if (node->is_directory != is_directory) {
    return ErrorOf(ErrorCode::kStorageFailed, is_directory ? "Not a directory" : "Is a directory",
                   path);
  }
  if (!node->entries.empty()) {
    return ErrorOf(ErrorCode::kStorageFailed, "Directory not empty", path);
  }
  Unlink(node);
  Record({{place.directory, place.name, nullptr}});
  return {};
}

Result<void> SimulatedDisk::Write(const NodePointer& file, std::uint64_t offset,
                                  std::string_view bytes) {
  const auto end_max = file->bytes.size() + free_bytes();
  const auto fitting =
      end_max > offset ? std::min<std::uint64_t>(bytes.size(), end_max - offset) : std::uint64_t{0};
  const auto written = bytes.substr(0, fitting);
  if (!written.empty()) {
    const auto byte_count_before = file->bytes.size();
    Overwrite(file->bytes, offset, written);
    if (file->is_linked) used_bytes_ += file->bytes.size() - byte_count_before;
    MarkChanged(file);
    file->changes.push_back({.offset = offset, .bytes = std::string(written)});
  }
  if (written.size() == bytes.size()) return {};
  return Error{ErrorCode::kNoSpace, "cannot write to a file: no space left on device",
               "No space left on device"};
}

Result<void> SimulatedDisk::Truncate(const NodePointer& file, std::uint64_t byte_count) {
  if (byte_count > file->bytes.size() + free_bytes()) {
    return Error{ErrorCode::kNoSpace, "cannot change the length of a file: no space left on device",
                 "No space left on device"};
  }
  if (file->is_linked) used_bytes_ += byte_count - file->bytes.size();
  file->bytes.resize(byte_count, '\0');
  MarkChanged(file);
  file->changes.push_back({.is_truncation = true, .offset = byte_count, .bytes = {}});
  return {};
}

void SimulatedDisk::KeepLastFileChange(const NodePointer& file) {
  if (!file->changes.empty()) file->changes.back().is_kept = true;
}

void SimulatedDisk::KeepLastEntryChange() {
  if (!entry_changes_.empty()) entry_changes_.back().is_kept = true;
}

void SimulatedDisk::SyncFile(const NodePointer& file) {
  for (const auto& change : file->changes) Apply(change, file->durable_bytes);
  file->changes.clear();
}

void SimulatedDisk::SyncFilePartly(const NodePointer& file) {
  auto& target = file->durable_bytes;
  for (const auto& change : file->changes) {
    if (change.is_kept || change.is_truncation) {
      if (change.is_kept || FlipCoin()) Apply(change, target);
      continue;
    }
    std::uint64_t done = 0;
    while (done < change.bytes.size()) {
      const auto offset = change.offset + done;
      const auto byte_count = kSectorBytes - offset % kSectorBytes;
      const auto sector = std::string_view(change.bytes).substr(done, byte_count);
      if (FlipCoin()) Overwrite(target, offset, sector);
      done += sector.size();
    }
  }
  if (target.size() < file->bytes.size() && FlipCoin()) target.resize(file->bytes.size(), '\0');
  file->changes.clear();
}

void SimulatedDisk::SyncDirectory(const NodePointer& directory) {
  for (std::size_t i = 0; i < entry_changes_.size(); i++) {
    const auto& edits = entry_changes_[i].edits;
    if (!edits.empty() && edits.front().directory == directory) MakeDurable(i);
  }
  std::erase_if(entry_changes_, [](const auto& change) { return change.edits.empty(); });
}

// The changes survive in their order, up to a random one.
void SimulatedDisk::SyncDirectoryPartly(const NodePointer& directory) {
  for (auto& change : entry_changes_) {
    if (change.edits.front().directory != directory) continue;
    if (!FlipCoin()) return;
    change.is_kept = true;
  }
}

void SimulatedDisk::SyncEverything() {
  for (const auto& file : changed_files_) SyncFile(file);
  changed_files_.clear();
  for (std::size_t i = 0; i < entry_changes_.size(); i++) MakeDurable(i);
  entry_changes_.clear();
}

void SimulatedDisk::SyncEverythingPartly() {
  for (const auto& file : changed_files_) SyncFilePartly(file);
  changed_files_.clear();
  for (auto& change : entry_changes_) change.is_kept = change.is_kept || FlipCoin();
}

void SimulatedDisk::FailPower(Unsynced unsynced) {
  ReleaseLocks(root_);
  if (unsynced == Unsynced::kStaysUnsynced) return;
  const auto is_saved = [&](const auto& change) {
    return change.is_kept || unsynced == Unsynced::kKeepAll ||
           (unsynced == Unsynced::kRandomSubset && FlipCoin());
  };
  for (const auto& file : changed_files_) {
    if (unsynced == Unsynced::kRandomSubset) {
      SyncFilePartly(file);
    } else {
      std::erase_if(file->changes, [&](const auto& change) { return !is_saved(change); });
      SyncFile(file);
    }
  }
  for (std::size_t i = 0; i < entry_changes_.size(); i++) {
    if (is_saved(entry_changes_[i])) MakeDurable(i);
  }
  changed_files_.clear();
  entry_changes_.clear();
  used_bytes_ = 0;
  ShowOnlyWhatIsDurable(root_);
}

void SimulatedDisk::Record(std::vector<EntryEdit> edits) {
  for (const auto& edit : edits) {
    if (edit.node != nullptr) {
      edit.directory->entries[edit.name] = edit.node;
    } else {
      edit.directory->entries.erase(edit.name);
    }
  }
  entry_changes_.push_back({std::move(edits)});
}

// Removes older changes of the same names, which would undo this one. A node that gets a new name
// loses its durable old ones in these folders: of a file that was renamed twice, only the second
// time durably, the first name must not stay.
void SimulatedDisk::MakeDurable(std::size_t entry_change_index) {
  const auto& edits = entry_changes_[entry_change_index].edits;
  for (const auto& edit : edits) {
    if (edit.node != nullptr) {
      for (const auto& place : edits) {
        std::erase_if(place.directory->durable_entries,
                      [&](const auto& entry) { return entry.second == edit.node; });
      }
      edit.directory->durable_entries[edit.name] = edit.node;
    } else {
      edit.directory->durable_entries.erase(edit.name);
    }
    for (std::size_t i = 0; i < entry_change_index; i++) {
      std::erase_if(entry_changes_[i].edits, [&](const auto& older) {
        return older.directory == edit.directory && older.name == edit.name;
      });
    }
  }
  entry_changes_[entry_change_index].edits.clear();
}

void SimulatedDisk::MarkChanged(const NodePointer& file) {
  if (file->changes.empty()) changed_files_.push_back(file);
}

void SimulatedDisk::Unlink(const NodePointer& node) {
  node->is_linked = false;
  used_bytes_ -= node->bytes.size();
}

void SimulatedDisk::ShowOnlyWhatIsDurable(const NodePointer& node) {
  node->entries = node->durable_entries;
  node->bytes = node->durable_bytes;
  node->is_linked = true;
  used_bytes_ += node->bytes.size();
  for (const auto& [name, entry] : node->entries) ShowOnlyWhatIsDurable(entry);
}

void SimulatedDisk::ReleaseLocks(const NodePointer& node) {
  node->lock_holder = nullptr;
  for (const auto& entries : {node->entries, node->durable_entries}) {
    for (const auto& [name, entry] : entries) ReleaseLocks(entry);
  }
}

}  // namespace arc::testing
