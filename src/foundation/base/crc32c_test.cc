#include "foundation/base/crc32c.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace arc {
namespace {

// RFC 3720, appendix B.4, and the check value of the CRC catalogue.
TEST(Crc32c, KnownValues) {
  for (const auto crc : {Crc32c, Crc32cByTable}) {
    EXPECT_EQ(crc(0, ""), 0u);
    EXPECT_EQ(crc(0, "123456789"), 0xe3069283u);
    EXPECT_EQ(crc(0, std::string(32, '\0')), 0x8a9136aau);
    EXPECT_EQ(crc(0, std::string(32, '\xff')), 0x62a8ab43u);
  }
}

TEST(Crc32c, InstructionAndTableAgreeAtEveryLengthAndAlignment) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::string bytes(300, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random());
  for (std::size_t start = 0; start < 16; start++) {
    for (std::size_t length = 0; start + length <= bytes.size(); length++) {
      const auto part = std::string_view(bytes).substr(start, length);
      const auto before = static_cast<std::uint32_t>(random());
      ASSERT_EQ(Crc32c(before, part), Crc32cByTable(before, part)) << start << " " << length;
    }
  }
}

// Long ones are folded 256 bytes at a time, or go three lanes of 1 KiB at a time.
TEST(Crc32c, InstructionAndTableAgreeOnLongBytes) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::string bytes(20'000, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random());
  for (const std::size_t length :
       {1023, 1024, 1025, 1279, 1280, 1290, 3071, 3072, 3073, 6144, 9300, 19'999}) {
    const auto part = std::string_view(bytes).substr(random() % 2, length);
    const auto before = static_cast<std::uint32_t>(random());
    ASSERT_EQ(Crc32c(before, part), Crc32cByTable(before, part)) << length;
  }
}

TEST(Crc32c, PiecesInARowAreTheWhole) {
  const std::string bytes = "a record, cut somewhere, is checked in two steps";
  for (std::size_t cut = 0; cut <= bytes.size(); cut++) {
    const auto view = std::string_view(bytes);
    EXPECT_EQ(Crc32c(Crc32c(0, view.substr(0, cut)), view.substr(cut)), Crc32c(0, bytes));
  }
}

}  // namespace
}  // namespace arc
