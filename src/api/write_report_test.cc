#include "api/write_report.h"

#include <gtest/gtest.h>

namespace arc::api {
namespace {

write::WriteOutcome Outcome(std::uint64_t accepted, std::uint64_t rejected) {
  write::WriteOutcome outcome;
  outcome.accepted = accepted;
  for (std::uint64_t i = 1; i <= rejected; i++) outcome.rejections.Add(i, "bad \"line\"");
  return outcome;
}

TEST(WriteReportTest, AllGoodIs204WithoutABody) {
  const auto response = WriteReport(Outcome(5, 0), PartialStatus::kBadRequest);
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.body, "");
}

TEST(WriteReportTest, PartIs400ForLineProtocolAnd200ForMessagePack) {
  EXPECT_EQ(WriteReport(Outcome(1, 1), PartialStatus::kBadRequest).status, 400);
  EXPECT_EQ(WriteReport(Outcome(1, 1), PartialStatus::kOk).status, 200);
  EXPECT_EQ(WriteReport(Outcome(0, 1), PartialStatus::kOk).status, 400) << "nothing was stored";
}

TEST(WriteReportTest, NamesLinesAndCounts) {
  EXPECT_EQ(WriteReport(Outcome(7, 1), PartialStatus::kOk).body,
            R"({"error":"1 rejected, 7 accepted: see errors","accepted":7,"rejected":1,)"
            R"("errors":[{"line":1,"message":"bad \"line\""}]})");
}

TEST(WriteReportTest, CountsAllAndTellsTheFirstHundred) {
  const auto body = WriteReport(Outcome(0, 250), PartialStatus::kOk).body;
  EXPECT_NE(body.find(R"("rejected":250)"), std::string::npos);
  EXPECT_NE(body.find(R"({"line":100,)"), std::string::npos);
  EXPECT_EQ(body.find(R"({"line":101,)"), std::string::npos);
}

}  // namespace
}  // namespace arc::api
