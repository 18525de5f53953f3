#include "data/integrity/checked_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "data/integrity/block_checksums.h"
#include "foundation/base/crc32c.h"

namespace arc::integrity {
namespace {

// A file as it is on disk: blocks, then a footer.
class Disk {
 public:
  explicit Disk(std::size_t data_bytes) {
    std::mt19937 random(11);
    bytes.resize(data_bytes);
    for (auto& byte : bytes) byte = static_cast<char>(random());
    BlockSummer blocks;
    blocks.Add(bytes);
    std::string thrift(
        "schema\x18\x0d"
        "arc:block_crc\x18\x01-\x00\x00",
        26);
    thrift.resize(thrift.find('-') + 3);
    const std::string tail{static_cast<char>(thrift.size()), 0, 0, 0, 'P', 'A', 'R', '1'};
    const auto footer = PutBlockChecksums(thrift + tail, blocks.Finish()).value();
    bytes += footer;
    expected = {bytes.size(), static_cast<std::uint32_t>(footer.size()), Crc32c(0, footer)};
  }
  ReadAt Reader() {
    return [this](std::uint64_t offset, std::span<char> target) -> Result<void> {
      if (offset + target.size() > bytes.size()) return Error{ErrorCode::kInternal, "behind"};
      read_count++;
      bytes.copy(target.data(), target.size(), offset);
      return {};
    };
  }
  Result<FileChecks> Load() { return FileChecks::Load(expected, bytes.size(), Reader()); }

  std::string bytes;
  ExpectedFile expected;
  std::atomic<int> read_count{0};
};

std::optional<std::string> Read(CheckedReader& reader, std::size_t offset, std::size_t count) {
  std::string target(count, '\0');
  if (const auto read = reader.Read(offset, target); !read.ok()) {
    EXPECT_EQ(read.error().code, ErrorCode::kCorruptData);
    return std::nullopt;
  }
  return target;
}

TEST(CheckedReader, AnyRangeIsWhatIsOnDisk) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (const std::size_t size : {0UL, 1UL, kBlockBytes, kBlockBytes + 1, 7 * kBlockBytes + 123}) {
    Disk disk(size);
    const auto checks = disk.Load().TakeValue();
    CheckedReader reader(checks, disk.Reader());
    for (int i = 0; i < 300; i++) {
      const auto offset = random() % disk.bytes.size();
      const auto most = i % 3 == 0 ? disk.bytes.size() : 300;
      const auto count = std::min<std::size_t>(random() % (most + 1), disk.bytes.size() - offset);
      ASSERT_EQ(Read(reader, offset, count), disk.bytes.substr(offset, count)) << offset;
    }
    EXPECT_EQ(Read(reader, 0, disk.bytes.size()), disk.bytes);
  }
}

TEST(CheckedReader, NoRangeGivesOutAByteOfADamagedBlock) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::size_t size = 5 * kBlockBytes + 100;
  Disk disk(size);
  const auto checks = disk.Load().TakeValue();
  for (int i = 0; i < 500; i++) {
    const auto byte = random() % size;
    const char bit = static_cast<char>(1 << random() % 8);
    disk.bytes[byte] = static_cast<char>(disk.bytes[byte] ^ bit);
    CheckedReader reader(checks, disk.Reader());
    const auto offset = random() % size;
    const auto count = std::min<std::size_t>(random() % (2 * kBlockBytes), size - offset);
    const auto block = byte / kBlockBytes;
    const bool touches =
        count > 0 && offset / kBlockBytes <= block && block <= (offset + count - 1) / kBlockBytes;
    const auto read = Read(reader, offset, count);
    ASSERT_EQ(read.has_value(), !touches) << byte << " " << offset << " " << count;
    if (read) {
      ASSERT_EQ(*read, disk.bytes.substr(offset, count));
    }
    disk.bytes[byte] = static_cast<char>(disk.bytes[byte] ^ bit);
  }
}

TEST(CheckedReader, AnotherSizeOrFooterIsRefused) {
  Disk disk(1000);
  const auto other = Disk(1001);
  EXPECT_EQ(FileChecks::Load(other.expected, disk.bytes.size(), disk.Reader()).error().code,
            ErrorCode::kCorruptData);
  for (auto at = disk.bytes.size() - disk.expected.footer_bytes; at < disk.bytes.size(); at++) {
    disk.bytes[at] ^= 4;
    EXPECT_EQ(disk.Load().error().code, ErrorCode::kCorruptData) << at;
    disk.bytes[at] ^= 4;
  }
  EXPECT_TRUE(disk.Load().ok());
}

TEST(CheckedReader, SmallPiecesInARowReadABlockOnce) {
  Disk disk(3 * kBlockBytes);
  const auto checks = disk.Load().TakeValue();
  CheckedReader reader(checks, disk.Reader());
  disk.read_count = 0;
  for (std::size_t at = 0; at < 3 * kBlockBytes; at += 64) {
    ASSERT_EQ(Read(reader, at, 64), disk.bytes.substr(at, 64));
  }
  EXPECT_EQ(disk.read_count, 3);
}

TEST(CheckedReader, ThreadsShareIt) {
  Disk disk(9 * kBlockBytes + 9);
  const auto checks = disk.Load().TakeValue();
  CheckedReader reader(checks, disk.Reader());
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= 4; seed++) {
    threads.emplace_back([&, seed] {
      std::mt19937 random(seed);
      for (int i = 0; i < 1000; i++) {
        const auto offset = random() % (9 * kBlockBytes);
        ASSERT_EQ(Read(reader, offset, 9), disk.bytes.substr(offset, 9));
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace arc::integrity
