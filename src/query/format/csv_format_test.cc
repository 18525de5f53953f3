#include "query/format/csv_format.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "query/format/test_result.h"

namespace arc::format {
namespace {

using engine::ResultKind;

TEST(CsvFormat, QuotesWhatNeedsItAndTellsNullFromEmpty) {
  const TestResult result;
  CsvFormat format;
  std::string out;
  EXPECT_TRUE(format.Begin(out, result.columns()).ok());
  EXPECT_TRUE(format.Rows(out, result.Chunk()).ok());
  EXPECT_TRUE(format.End(out, {}).ok());
  EXPECT_EQ(out, "n,\"a \"\"b\"\"\"\n1,\"x,\"\"y\"\"\n\"\n2,\n3,\"\"\n");
}

TEST(CsvFormat, TimesAreBareAndFloatsHaveNamesForAll) {
  const std::vector<std::int64_t> times(4, 0);
  const std::vector<double> values = {0.5, std::nan(""), HUGE_VAL, -HUGE_VAL};
  CsvFormat format;
  std::string out;
  EXPECT_TRUE(format
                  .Rows(out, {4,
                              {{ResultKind::kTimestampMicros, times.data(), nullptr},
                               {ResultKind::kDouble, values.data(), nullptr}}})
                  .ok());
  EXPECT_EQ(out,
            "1970-01-01T00:00:00Z,0.5\n1970-01-01T00:00:00Z,nan\n"
            "1970-01-01T00:00:00Z,inf\n1970-01-01T00:00:00Z,-inf\n");
}

TEST(CsvFormat, CannotSayThatRowsAreMissing) { EXPECT_FALSE(CsvFormat().CanShowFailure()); }

}  // namespace
}  // namespace arc::format
