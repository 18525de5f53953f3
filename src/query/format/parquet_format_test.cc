#include "query/format/parquet_format.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "query/format/test_result.h"

namespace arc::format {
namespace {

TEST(ParquetFormat, BeginsAndEndsLikeAFile) {
  const TestResult result;
  ParquetFormat format;
  std::string out;
  ASSERT_TRUE(format.Begin(out, result.columns()).ok());
  for (int i = 0; i < 100'000; i++) ASSERT_TRUE(format.Rows(out, result.Chunk()).ok());
  EXPECT_GT(out.size(), 4u) << "row groups are sent while others are made";
  ASSERT_TRUE(format.End(out, {}).ok());
  EXPECT_TRUE(out.starts_with("PAR1"));
  EXPECT_TRUE(out.ends_with("PAR1"));
}

TEST(ParquetFormat, WritesNothingMoreWhenItIsGivenUp) {
  const TestResult result;
  auto format = std::make_unique<ParquetFormat>();
  std::optional<std::string> out(std::in_place);
  ASSERT_TRUE(format->Begin(*out, result.columns()).ok());
  ASSERT_TRUE(format->Rows(*out, result.Chunk()).ok());
  out.reset();
  format.reset();
}

}  // namespace
}  // namespace arc::format
