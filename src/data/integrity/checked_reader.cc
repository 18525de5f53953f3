#include "data/integrity/checked_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "data/integrity/block_checksums.h"

namespace arc::integrity {

CheckedReader::CheckedReader(const FileChecks& checks, ReadAt read_at)
    : checks_(checks), read_at_(std::move(read_at)) {}

Result<void> CheckedReader::Read(std::uint64_t offset, std::span<char> target) {
  const auto footer_offset = checks_.footer_offset();
  if (offset + target.size() > footer_offset) {
    const auto begin = std::max(offset, footer_offset);
    const auto part = target.subspan(static_cast<std::size_t>(begin - offset));
    std::ranges::copy(checks_.footer().substr(begin - footer_offset, part.size()), part.begin());
    target = target.first(target.size() - part.size());
  }
  if (target.empty()) return {};
  return checks_.has_blocks() ? ReadBlocks(offset, target) : read_at_(offset, target);
}

// Whole blocks within the range are read straight into `target`; only the blocks at its two ends
// are copied.
Result<void> CheckedReader::ReadBlocks(std::uint64_t offset, std::span<char> target) {
  const auto footer_offset = checks_.footer_offset();
  while (!target.empty()) {
    const auto in_block = static_cast<std::size_t>(offset % kBlockBytes);
    auto whole = in_block == 0 ? target.size() / kBlockBytes * kBlockBytes : 0;
    // A range that reaches the footer ends with a whole block, even when that block is short.
    if (in_block == 0 && offset + target.size() == footer_offset) whole = target.size();
    auto part = target.first(std::min(target.size(), kBlockBytes - in_block));
    if (whole > 0) {
      part = target.first(whole);
      TRY(read_at_(offset, part));
      TRY(checks_.CheckBlocks(offset / kBlockBytes, {part.data(), part.size()}));
    } else {
      TRY(ReadPart(offset, part));
    }
    offset += part.size();
    target = target.subspan(part.size());
  }
  return {};
}

// Reads a part of one block.
Result<void> CheckedReader::ReadPart(std::uint64_t offset, std::span<char> target) {
  const auto number = offset / kBlockBytes;
  const auto begin = static_cast<std::size_t>(offset % kBlockBytes);
  if (CopyKept(number, begin, target)) return {};
  auto block = TRY(ReadBlock(number, TakeOldest()));
  std::memcpy(target.data(), block.data() + begin, target.size());
  Keep(number, std::move(block));
  return {};
}

Result<std::vector<char>> CheckedReader::ReadBlock(std::uint64_t number,
                                                   std::vector<char> memory) const {
  const auto offset = number * kBlockBytes;
  memory.resize(std::min<std::uint64_t>(kBlockBytes, checks_.footer_offset() - offset));
  TRY(read_at_(offset, memory));
  TRY(checks_.CheckBlocks(number, {memory.data(), memory.size()}));
  return memory;
}

bool CheckedReader::CopyKept(std::uint64_t number, std::size_t begin, std::span<char> target) {
  const MutexLock lock(mutex_);
  for (auto& block : kept_) {
    if (block.last_use == 0 || block.number != number) continue;
    block.last_use = ++use_count_;
    std::memcpy(target.data(), block.bytes.data() + begin, target.size());
    return true;
  }
  return false;
}

// Takes the memory of the kept block that was not used for the longest time, so that ReadBlock need
// not allocate. Empty while some of the places have no block yet.
std::vector<char> CheckedReader::TakeOldest() {
  const MutexLock lock(mutex_);
  auto& oldest = *std::ranges::min_element(kept_, {}, &KeptBlock::last_use);
  oldest.last_use = 0;
  return std::exchange(oldest.bytes, {});
}

void CheckedReader::Keep(std::uint64_t number, std::vector<char> bytes) {
  const MutexLock lock(mutex_);
  auto& oldest = *std::ranges::min_element(kept_, {}, &KeptBlock::last_use);
  oldest = KeptBlock{number, ++use_count_, std::move(bytes)};
}

}  // namespace arc::integrity
