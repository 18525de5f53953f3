#include "data/integrity/block_checksums.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/crc32c.h"

namespace arc::integrity {
namespace {

using ::testing::ElementsAre;

std::string LittleEndian(std::size_t value) {
  std::string bytes;
  for (int i = 0; i < 4; i++) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

// The end of a footer as Thrift writes it: the last key-value pair, then other fields.
std::string FooterWith(std::string_view before) {
  using namespace std::string_literals;
  auto thrift = std::string(before) +
                "\x18\x0d"
                "arc:block_crc\x18\x01-\x00\x28\x03"
                "arc\x00"s;
  return thrift + LittleEndian(thrift.size()) + "PAR1";
}

TEST(BlockChecksums, ALastBlockMayBeShort) {
  std::mt19937 random(7);
  std::string bytes(2 * kBlockBytes + 5, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random());
  const auto view = std::string_view(bytes);
  for (const std::size_t piece : {1UL, 1000UL, kBlockBytes, kBlockBytes + 1, bytes.size()}) {
    BlockSummer blocks;
    for (std::size_t at = 0; at < bytes.size(); at += piece) blocks.Add(view.substr(at, piece));
    EXPECT_THAT(blocks.Finish(), ElementsAre(Crc32c(0, view.substr(0, kBlockBytes)),
                                             Crc32c(0, view.substr(kBlockBytes, kBlockBytes)),
                                             Crc32c(0, view.substr(2 * kBlockBytes))))
        << piece;
  }
  EXPECT_THAT(BlockSummer().Finish(), ElementsAre());
}

TEST(BlockChecksums, AreReadBackFromTheFooter) {
  for (const std::size_t count : {0UL, 1UL, 15UL, 16UL, 2047UL, 2048UL, 300'000UL}) {
    std::vector<std::uint32_t> checksums;
    for (std::size_t i = 0; i < count; i++) {
      checksums.push_back(static_cast<std::uint32_t>(i * 2654435761U));
    }
    const auto footer = PutBlockChecksums(FooterWith("columns"), checksums);
    ASSERT_TRUE(footer.ok());
    EXPECT_EQ(FooterBytesOf(footer.value()), footer.value().size());
    const auto found = BlockChecksumsIn(footer.value(), count * kBlockBytes);
    ASSERT_TRUE(found.ok()) << count;
    EXPECT_EQ(found.value(), checksums);
    EXPECT_FALSE(BlockChecksumsIn(footer.value(), count * kBlockBytes + 1).ok());
  }
}

// A column may be called as the key is, with the bytes that stand around it.
TEST(BlockChecksums, ANameThatLooksLikeTheKeyIsNotTakenForIt) {
  const auto first = PutBlockChecksums(FooterWith("columns"), {1, 2}).value();
  const auto footer = PutBlockChecksums(FooterWith(first), {3, 4}).value();
  EXPECT_THAT(*BlockChecksumsIn(footer, 2 * kBlockBytes).value(), ElementsAre(3, 4));
}

TEST(BlockChecksums, AFooterWithoutThemHasNone) {
  EXPECT_EQ(BlockChecksumsIn("arc:block_crc", 5).value(), std::nullopt);
  EXPECT_EQ(PutBlockChecksums("no placeholder", {}).error().code, ErrorCode::kInternal);
  EXPECT_EQ(FooterBytesOf("PAR1"), std::nullopt);
  EXPECT_EQ(FooterBytesOf("12345678"), std::nullopt);
}

TEST(BlockChecksums, AFooterCutAnywhereIsNoCrash) {
  const auto footer = PutBlockChecksums(FooterWith("columns"), {1, 2}).value();
  for (std::size_t length = 0; length < footer.size(); length++) {
    const auto cut = std::string_view(footer).substr(0, length);
    const auto found = BlockChecksumsIn(cut, 2 * kBlockBytes);
    if (!found.ok()) {
      EXPECT_EQ(found.error().code, ErrorCode::kCorruptData);
    }
  }
}

}  // namespace
}  // namespace arc::integrity
