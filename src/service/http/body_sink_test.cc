#include "service/http/body_sink.h"

#include <gtest/gtest.h>

#include <string>

#include "foundation/testing/temp_directory.h"

namespace arc::http {
namespace {

TEST(MemorySink, GivesItsShareBackWithTheRequest) {
  const auto budget = std::make_shared<BodyBudget>(10);
  MemorySink sink(8, 8, budget);
  ASSERT_TRUE(sink.Append("hello").ok());
  ASSERT_TRUE(sink.Append("abc").ok());
  {
    Request request;
    ASSERT_TRUE(sink.Finish(request).ok());
    EXPECT_EQ(request.body, "helloabc");
    EXPECT_EQ(budget->bytes_used(), 8u);
  }
  EXPECT_EQ(budget->bytes_used(), 0u);
}

TEST(MemorySink, RefusesPastItsLimitAndPastTheBudget) {
  const auto budget = std::make_shared<BodyBudget>(10);
  MemorySink first(8, std::nullopt, budget);
  ASSERT_TRUE(first.Append("12345678").ok());
  EXPECT_EQ(first.Append("9").error().code, ErrorCode::kTooLarge);
  {
    MemorySink second(8, std::nullopt, budget);
    ASSERT_TRUE(second.Append("12").ok());
    EXPECT_EQ(second.Append("3").error().code, ErrorCode::kOverloaded);
    EXPECT_EQ(budget->bytes_used(), 10u);
  }
  EXPECT_EQ(budget->bytes_used(), 8u);
}

// An announced length takes no memory by itself.
TEST(MemorySink, AnnouncedBytesAreNotTaken) {
  const auto budget = std::make_shared<BodyBudget>(std::uint64_t{1} << 40);
  MemorySink sink(std::uint64_t{1} << 40, std::uint64_t{1} << 39, budget);
  ASSERT_TRUE(sink.Append("x").ok());
  Request request;
  ASSERT_TRUE(sink.Finish(request).ok());
  EXPECT_LE(request.body.capacity(), 1u << 20);
  EXPECT_EQ(budget->bytes_used(), 1u);
}

TEST(SpoolSink, FileHoldsTheBytesAndGoesWithTheBody) {
  arc::testing::TempDirectory directory;
  auto& files = fs::FileSystem::Local();
  const std::string path = directory / "body";
  const std::string piece(100'000, 'p');
  auto sink = SpoolSink::Open(files, path, 1'000'000);
  ASSERT_TRUE(sink.ok());
  for (int i = 0; i < 5; i++) ASSERT_TRUE(sink.value()->Append(piece).ok());
  Request request;
  ASSERT_TRUE(sink.value()->Finish(request).ok());
  sink.value().reset();
  EXPECT_EQ(request.spooled->byte_count(), 500'000u);
  EXPECT_EQ(fs::ReadWholeFile(files, request.spooled->path(), 1'000'000).value(),
            std::string(500'000, 'p'));
  request.spooled.reset();
  EXPECT_FALSE(files.Exists(path).value());
}

TEST(SpoolSink, UnfinishedOrTooLargeLeavesNothing) {
  arc::testing::TempDirectory directory;
  auto& files = fs::FileSystem::Local();
  const std::string path = directory / "body";
  {
    auto sink = SpoolSink::Open(files, path, 10);
    ASSERT_TRUE(sink.ok());
    ASSERT_TRUE(sink.value()->Append("1234567890").ok());
    EXPECT_EQ(sink.value()->Append("1").error().code, ErrorCode::kTooLarge);
    EXPECT_TRUE(files.Exists(path).value());
  }
  EXPECT_FALSE(files.Exists(path).value());
}

TEST(SpoolDirectory, StartRemovesLeftoversAndNothingElse) {
  arc::testing::TempDirectory directory;
  auto& files = fs::FileSystem::Local();
  const std::string spool = directory / "spool";
  ASSERT_TRUE(PrepareSpoolDirectory(files, spool).ok());
  ASSERT_TRUE(fs::WriteWholeFile(files, SpoolPath(spool, 7), "left over").ok());
  ASSERT_TRUE(fs::WriteWholeFile(files, spool + "/notes.txt", "not ours").ok());
  ASSERT_TRUE(PrepareSpoolDirectory(files, spool).ok());
  EXPECT_FALSE(files.Exists(SpoolPath(spool, 7)).value());
  EXPECT_TRUE(files.Exists(spool + "/notes.txt").value());
}

}  // namespace
}  // namespace arc::http
