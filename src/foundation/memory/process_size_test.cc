#include "foundation/memory/process_size.h"

#include <gtest/gtest.h>

namespace arc::memory {
namespace {

TEST(ProcessSizeTest, ReadsTheSecondNumber) {
  EXPECT_EQ(ResidentBytesIn("9000 250 12 1 0 600 0\n", 4096), 250U * 4096);
}

TEST(ProcessSizeTest, AnythingElseIsNoSize) {
  for (const auto* text : {"", "9000", "9000 ", "9000 x", " "}) {
    EXPECT_EQ(ResidentBytesIn(text, 4096), 0U) << text;
  }
}

TEST(ProcessSizeTest, ThisProcessHasOne) { EXPECT_GT(ResidentBytes(), 1'000'000U); }

}  // namespace
}  // namespace arc::memory
