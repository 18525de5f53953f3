#include "data/ingest/line_protocol/structural_scan.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "data/ingest/line_protocol/structural_window.h"

namespace arc::ingest::line_protocol {
namespace {

template <class Scan>
std::vector<std::uint32_t> Positions(Scan scan, std::string_view text, std::uint32_t base) {
  std::vector<std::uint32_t> positions(text.size() + kStructuralSlack);
  positions.resize(scan(text, base, positions.data()));
  return positions;
}

TEST(StructuralScan, FindsEachStructuralByteAndNoOther) {
  for (int byte = 0; byte < 256; byte++) {
    const std::string text(1, static_cast<char>(byte));
    const bool is_structural =
        std::string_view(",= \"\\\n").find(text[0]) != std::string_view::npos;
    const auto found = Positions(ScanStructurals, text, 7);
    EXPECT_EQ(found, is_structural ? std::vector<std::uint32_t>{7} : std::vector<std::uint32_t>{})
        << byte;
    EXPECT_EQ(found, Positions(ScanStructuralsScalar, text, 7));
  }
}

TEST(StructuralScan, EqualsTheScalarOneAtEveryLength) {
  std::mt19937_64 random(42);
  for (std::size_t size = 0; size < 400; size++) {
    std::string text;
    const auto density = 1 + random() % 8;
    for (std::size_t i = 0; i < size; i++) {
      const bool is_structural = random() % density == 0;
      text += is_structural ? ",= \"\\\n"[random() % 6] : static_cast<char>(random());
    }
    EXPECT_EQ(Positions(ScanStructurals, text, 1000), Positions(ScanStructuralsScalar, text, 1000));
  }
}

TEST(StructuralWindow, MovesOverALongBody) {
  std::string body;
  for (int i = 0; i < 100'000; i++) body += "a,";
  StructuralWindow window;
  window.Reset(body);
  for (std::size_t position = 0; position < body.size(); position += 777) {
    window.Seek(position);
    ASSERT_NE(window.begin(), window.end());
    EXPECT_EQ(*window.begin(), position | 1);
  }
  EXPECT_TRUE(window.MoveTo(150'000));
  EXPECT_EQ(*window.begin(), 150'001u);
  EXPECT_FALSE(window.MoveTo(150'000)) << "it begins there already";
}

}  // namespace
}  // namespace arc::ingest::line_protocol
