#include "service/api/write_report.h"

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
  const std::string words =
      R"x("partial write: unable to parse: item 1: bad \"line\" (1 rejected, 7 accepted)")x";
  EXPECT_EQ(WriteReport(Outcome(7, 1), PartialStatus::kOk).body,
            "{\"error\":" + words + R"(,"accepted":7,"rejected":1,"errors":[)" +
                R"({"line":1,"message":"bad \"line\""}],"code":"invalid","message":)" + words +
                "}");
}

std::string HeaderOf(const http::Response& response) {
  for (const auto& header : response.headers) {
    if (header.name == "X-Influxdb-Error") return header.value;
  }
  return "";
}

TEST(WriteReportTest, LineProtocolSaysTheFirstLine) {
  write::WriteOutcome outcome;
  outcome.accepted = 1;
  Refusal refusal(RefusalKind::kTypeConflict, "column \"v\": holds float", "\"text\"");
  refusal.NameMeasurement("m");
  outcome.rejections.Add(3, refusal, "m v=\"text\"");
  const auto response = WriteReport(outcome, PartialStatus::kBadRequest);
  const std::string words =
      "partial write: field type conflict: line 3: measurement \"m\", column \"v\": holds float";
  EXPECT_EQ(HeaderOf(response), words + ": \"text\" (1 rejected, 1 accepted)");
  EXPECT_EQ(response.log_error, words + " (1 rejected, 1 accepted)") << "no value in a log";
  EXPECT_TRUE(response.is_logged);
  EXPECT_NE(response.body.find(R"("line":3,"accepted":1)"), std::string::npos);
  EXPECT_EQ(response.body.find(R"("code":"invalid")"), response.body.rfind(R"("code":)"));
}

TEST(WriteReportTest, AValueCannotMakeClientsSendAgain) {
  for (const auto* words : {"database not found", "retention policy not found",
                            "hinted handoff queue not empty", "points beyond retention policy"}) {
    write::WriteOutcome outcome;
    outcome.rejections.Add(1, Refusal(RefusalKind::kTypeConflict, "column", words));
    const auto response = WriteReport(outcome, PartialStatus::kBadRequest);
    EXPECT_EQ(HeaderOf(response).find(words), std::string::npos);
    EXPECT_NE(HeaderOf(response).find("field type conflict"), std::string::npos);
    EXPECT_NE(response.body.find(std::string("\"message\":\"column: ") + words), std::string::npos);
  }
}

TEST(WriteReportTest, CountsAllAndTellsTheFirstHundred) {
  const auto body = WriteReport(Outcome(0, 250), PartialStatus::kOk).body;
  EXPECT_NE(body.find(R"("rejected":250)"), std::string::npos);
  EXPECT_NE(body.find(R"({"line":100,)"), std::string::npos);
  EXPECT_EQ(body.find(R"({"line":101,)"), std::string::npos);
}

}  // namespace
}  // namespace arc::api
