#include "foundation/base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace arc {
namespace {

Result<int> Half(int number) {
  if (number % 2 != 0) return Error{ErrorCode::kInvalidInput, "odd", "number"};
  return number / 2;
}

Result<std::string> Quarter(int number) {
  const int half = TRY(Half(number));
  return std::to_string(TRY(Half(half)));
}

TEST(ResultTest, TryYieldsTheValueOrReturnsTheError) {
  EXPECT_EQ(Quarter(8).value(), "2");
  ASSERT_FALSE(Quarter(6).ok());
  EXPECT_EQ(Quarter(6).error().message, "odd");
  EXPECT_EQ(LogText(Quarter(6).error()), "odd [number]");
}

TEST(ResultTest, HoldsWhatCanOnlyBeMoved) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
  EXPECT_EQ(*std::move(result).TakeValue(), 7);
}

}  // namespace
}  // namespace arc
