#include "foundation/memory/query_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace arc::memory {
namespace {

TEST(QueryMemoryTest, TheWorkRunsForAQueryAndItsResultComesBack) {
  const auto result = OnBehalfOfQuery([]() -> Result<bool> { return thread_marks.is_refusable; });
  EXPECT_TRUE(result.ok() && result.value());
  EXPECT_FALSE(thread_marks.is_refusable);
}

TEST(QueryMemoryTest, ARefusalIsTheQuerysErrorAndSaysWhatToDo) {
  const auto result = OnBehalfOfQuery([]() -> Result<void> { throw std::bad_alloc(); });
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kTooLarge);
  EXPECT_THAT(result.error().message, ::testing::HasSubstr("ask for less at once"));
  EXPECT_FALSE(thread_marks.is_refusable);
}

TEST(QueryMemoryTest, OtherExceptionsPass) {
  EXPECT_THROW(IgnoreFailure(OnBehalfOfQuery([]() -> Result<void> { throw std::logic_error(""); }),
                             "it throws"),
               std::logic_error);
}

}  // namespace
}  // namespace arc::memory
