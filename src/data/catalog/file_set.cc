#include "data/catalog/file_set.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "foundation/base/check.h"

namespace arc::catalog {
namespace {

using FilePointer = std::shared_ptr<const FileEntry>;

// A block that a change leaves with fewer files is joined with a neighbour if both fit into one, so
// that the number of blocks follows the number of files downwards too.
constexpr std::size_t kBlockFilesMin = FileSet::kBlockFilesMax / 4;

bool IsBefore(const FilePointer& a, const FilePointer& b) {
  return std::tie(a->min_time, a->path) < std::tie(b->min_time, b->path);
}

std::shared_ptr<const FileSet::Block> MakeBlock(std::vector<FilePointer> files) {
  auto block = std::make_shared<FileSet::Block>();
  block->min_time = files.front()->min_time;
  block->max_time = files.front()->max_time;
  for (const auto& file : files) {
    block->max_time = std::max(block->max_time, file->max_time);
    block->row_count += file->row_count;
    block->byte_count += file->byte_count;
  }
  block->files = std::move(files);
  return block;
}

// Lines up blocks from left to right: those shared with another list as they are, and runs of loose
// files, which it cuts into blocks.
class BlockLine {
 public:
  void AddFiles(std::vector<FilePointer> files) {
    if (loose_.empty()) {
      loose_ = std::move(files);
    } else {
      std::move(files.begin(), files.end(), std::back_inserter(loose_));
    }
  }

  // `file_count` is that of the block, which need not be touched to copy it.
  void AddBlock(const std::shared_ptr<const FileSet::Block>& block, std::size_t file_count) {
    if (!loose_.empty() && loose_.size() < kBlockFilesMin &&
        loose_.size() + file_count <= FileSet::kBlockFilesMax) {
      AddFiles(block->files);
      return;
    }
    CutLoose(CutInto::kEvenPieces);
    blocks_.push_back({file_count_, block});
    file_count_ += file_count;
  }

  // Most files are newer than all before. Full pieces at the end leave full blocks behind them.
  std::vector<FileSet::PlacedBlock> Finish() {
    CutLoose(CutInto::kFullPieces);
    return std::move(blocks_);
  }

 private:
  enum class CutInto { kEvenPieces, kFullPieces };

  void CutLoose(CutInto cut) {
    JoinWithBlockBefore();
    constexpr auto kMax = FileSet::kBlockFilesMax;
    const auto piece_count = (loose_.size() + kMax - 1) / kMax;
    auto begin = std::make_move_iterator(loose_.begin());
    for (std::size_t piece = 0; piece < piece_count; piece++) {
      const auto left = static_cast<std::size_t>(std::make_move_iterator(loose_.end()) - begin);
      const auto pieces_left = piece_count - piece;
      const auto size = cut == CutInto::kFullPieces ? std::min(left, kMax)
                                                    : (left + pieces_left - 1) / pieces_left;
      const auto end = begin + static_cast<std::ptrdiff_t>(size);
      blocks_.push_back({file_count_, MakeBlock(std::vector<FilePointer>(begin, end))});
      file_count_ += size;
      begin = end;
    }
    loose_.clear();
  }

  void JoinWithBlockBefore() {
    if (loose_.empty() || loose_.size() >= kBlockFilesMin || blocks_.empty()) return;
    const auto last = blocks_.back();
    if (last.block->files.size() + loose_.size() > FileSet::kBlockFilesMax) return;
    loose_.insert(loose_.begin(), last.block->files.begin(), last.block->files.end());
    file_count_ = last.first_index;
    blocks_.pop_back();
  }

  std::vector<FileSet::PlacedBlock> blocks_;
  std::size_t file_count_ = 0;  // of blocks_
  std::vector<FilePointer> loose_;
};

using EntrySet = std::unordered_set<const FileEntry*>;

// The entries at `paths`, and in `touched` which blocks hold them. From the newest block backwards:
// what compaction and flushes replace is mostly recent.
EntrySet FindEntries(const std::vector<FileSet::PlacedBlock>& blocks,
                     const std::vector<std::string_view>& paths, std::vector<bool>& touched) {
  std::unordered_set<std::string_view> missing(paths.begin(), paths.end());
  CHECK(missing.size() == paths.size(), "a file is to be removed twice");
  EntrySet found;
  for (auto i = blocks.size(); i > 0 && !missing.empty(); i--) {
    for (const auto& file : blocks[i - 1].block->files) {
      if (missing.empty() || missing.erase(file->path) == 0) continue;
      found.insert(file.get());
      touched[i - 1] = true;
    }
  }
  CHECK(missing.empty(), "a file to be removed is not in the list");
  return found;
}

// The files of a block without `removed` and with `added`, which is in order.
std::vector<FilePointer> Merge(const FileSet::Block& block, const EntrySet& removed,
                               std::span<FilePointer> added) {
  std::vector<FilePointer> kept;
  kept.reserve(block.files.size() + added.size());
  for (const auto& file : block.files) {
    if (removed.empty() || !removed.contains(file.get())) kept.push_back(file);
  }
  const auto middle = static_cast<std::ptrdiff_t>(kept.size());
  std::move(added.begin(), added.end(), std::back_inserter(kept));
  std::inplace_merge(kept.begin(), kept.begin() + middle, kept.end(), IsBefore);
  return kept;
}

// The block into which the first of `added` goes: the last one that begins before it, or the first.
// One past the last block when there is no file left.
std::size_t BlockFor(const std::vector<FileSet::PlacedBlock>& blocks,
                     std::span<const FilePointer> added) {
  if (added.empty() || blocks.empty()) return blocks.size();
  const auto after = std::partition_point(
      blocks.begin() + 1, blocks.end(),
      [&](const auto& placed) { return IsBefore(placed.block->files.front(), added.front()); });
  return static_cast<std::size_t>(after - blocks.begin()) - 1;
}

// How many of `added` come before block `index`; all of them when there is no such block.
std::size_t CountBefore(const std::vector<FileSet::PlacedBlock>& blocks, std::size_t index,
                        std::span<const FilePointer> added) {
  if (index == blocks.size()) return added.size();
  const auto end = std::partition_point(added.begin(), added.end(), [&](const auto& file) {
    return IsBefore(file, blocks[index].block->files.front());
  });
  return static_cast<std::size_t>(end - added.begin());
}

}  // namespace

FileSet FileSet::With(std::vector<std::shared_ptr<const FileEntry>> added,
                      const std::vector<std::string_view>& removed) const {
  if (!std::is_sorted(added.begin(), added.end(), IsBefore)) {
    std::sort(added.begin(), added.end(), IsBefore);
  }
  std::vector<bool> touched(blocks_.size());
  const auto removed_entries = FindEntries(blocks_, removed, touched);

  BlockLine line;
  auto rest = std::span(added);
  auto next_block = BlockFor(blocks_, rest);
  for (std::size_t i = 0; i < blocks_.size(); i++) {
    const auto& [first_index, block] = blocks_[i];
    if (i != next_block && !touched[i]) {
      const auto next_index = i + 1 < blocks_.size() ? blocks_[i + 1].first_index : file_count_;
      line.AddBlock(block, next_index - first_index);
      continue;
    }
    const auto here = i == next_block ? CountBefore(blocks_, i + 1, rest) : 0;
    line.AddFiles(Merge(*block, removed_entries, rest.first(here)));
    rest = rest.subspan(here);
    next_block = BlockFor(blocks_, rest);
  }
  if (blocks_.empty()) line.AddFiles(std::move(added));
  return FileSet(line.Finish());
}

FileSet::FileSet(std::vector<PlacedBlock> blocks) : blocks_(std::move(blocks)) {
  if (blocks_.empty()) return;
  file_count_ = blocks_.back().first_index + blocks_.back().block->files.size();
  min_time_ = blocks_.front().block->min_time;
  for (const auto& placed : blocks_) {
    max_time_ = std::max(max_time_, placed.block->max_time);
    row_count_ += placed.block->row_count;
    byte_count_ += placed.block->byte_count;
  }
}

const FileEntry& FileSet::operator[](std::size_t index) const {
  CHECK(index < file_count_, "a file index is past the end of the list");
  const auto after =
      std::partition_point(blocks_.begin(), blocks_.end(),
                           [&](const PlacedBlock& placed) { return placed.first_index <= index; });
  const auto& [first_index, block] = *std::prev(after);
  return *block->files[index - first_index];
}

}  // namespace arc::catalog
