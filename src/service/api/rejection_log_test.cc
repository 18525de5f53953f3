#include "service/api/rejection_log.h"

#include <gtest/gtest.h>

#include "foundation/testing/manual_clock.h"
#include "foundation/text/json_text.h"

namespace arc::api {
namespace {

std::vector<std::string>& Lines() {
  static std::vector<std::string> lines;
  return lines;
}

class RejectionLogTest : public ::testing::Test {
 protected:
  void SetUp() override { Lines().clear(); }

  static RejectionLog Make(std::size_t kept_max, const Clock& clock) {
    return RejectionLog(kept_max, clock, [](const std::string& line) { Lines().push_back(line); });
  }
  static std::string ShownBy(const RejectionLog& log) { return JsonText(log.ToJson()); }
  static RefusedRequest OfRequest() { return {"d", "/write", "t", "1.2.3.4", true}; }
  static void Refuse(RejectionLog& log, const std::string& measurement, std::uint64_t line = 1,
                     RefusalKind kind = RefusalKind::kTypeConflict) {
    RejectionReport report;
    Refusal refusal(kind, "column \"v\" holds float", "\"secret\"");
    refusal.NameMeasurement(measurement);
    report.Add(line, std::move(refusal), "the line");
    log.RecordRows(OfRequest(), report);
  }
  static std::size_t Count(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) count++;
    return count;
  }

  arc::testing::ManualClock clock_;
};

TEST_F(RejectionLogTest, KeepsTheLineAndWhatIsWrong) {
  auto log = Make(10, clock_);
  Refuse(log, "cpu", 7);
  EXPECT_EQ(ShownBy(log),
            R"({"rejections":[{"time":"2023-11-14T22:13:20Z","database":"d","measurement":"cpu",)"
            R"("reason":"field type conflict","endpoint":"/write","token":"t","client":"1.2.3.4",)"
            R"("line":7,"message":"measurement \"cpu\", column \"v\" holds float: \"secret\"",)"
            R"("text":"the line"}],"kept_max":10})");
}

TEST_F(RejectionLogTest, TheLogSaysWhereAndWhyAndNoValue) {
  auto log = Make(10, clock_);
  Refuse(log, "cpu", 7);
  ASSERT_EQ(Lines().size(), 1u);
  EXPECT_EQ(Lines()[0],
            "write: refused 1 rows, database d, /write from 1.2.3.4: field type conflict: line 7: "
            "measurement \"cpu\", column \"v\" holds float (GET /api/v1/rejections shows them)");
}

TEST_F(RejectionLogTest, OneLineAMinuteForEachKind) {
  auto log = Make(10, clock_);
  for (int i = 0; i < 50; i++) Refuse(log, "cpu");
  Refuse(log, "mem");
  Refuse(log, "cpu", 1, RefusalKind::kTime);
  EXPECT_EQ(Lines().size(), 3u);
  clock_.Advance(std::chrono::seconds(59));
  Refuse(log, "cpu");
  EXPECT_EQ(Lines().size(), 3u);
  clock_.Advance(std::chrono::seconds(1));
  Refuse(log, "cpu");
  ASSERT_EQ(Lines().size(), 4u);
  EXPECT_NE(Lines()[3].find("refused 51 rows"), std::string::npos) << "those that were not said";
}

TEST_F(RejectionLogTest, SoManyKindsAndNoMoreAreToldApart) {
  auto log = Make(10, clock_);
  for (int i = 0; i < 5000; i++) Refuse(log, "m" + std::to_string(i));
  EXPECT_EQ(Lines().size(), RejectionLog::kLoggedKindsMax + 1);
  clock_.Advance(std::chrono::seconds(60));
  Lines().clear();
  for (int i = 0; i < 5000; i++) Refuse(log, "n" + std::to_string(i));
  EXPECT_LE(Lines().size(), RejectionLog::kLoggedKindsMax + 1);
  EXPECT_GT(Lines().size(), 100u) << "those of a minute ago make room";
}

TEST_F(RejectionLogTest, ANoisySenderDoesNotDriveTheOthersOut) {
  auto log = Make(10, clock_);
  Refuse(log, "quiet");
  for (std::uint64_t i = 1; i <= 1000; i++) Refuse(log, "noisy", i);
  const auto json = ShownBy(log);
  EXPECT_EQ(Count(json, "\"measurement\":\"quiet\""), 1u);
  EXPECT_EQ(Count(json, "\"measurement\":\"noisy\""), 9u);
  EXPECT_NE(json.find("\"line\":1000,"), std::string::npos);
  EXPECT_EQ(json.find("\"line\":991,"), std::string::npos);
  EXPECT_LT(json.find("\"line\":1000,"), json.find("\"line\":999,")) << "the newest first";
}

TEST_F(RejectionLogTest, OfKindsThatCameOnceTheOldestGoes) {
  auto log = Make(3, clock_);
  for (const auto* name : {"a", "b", "c", "d"}) Refuse(log, name);
  const auto json = ShownBy(log);
  EXPECT_EQ(Count(json, "\"measurement\":\"a\""), 0u);
  EXPECT_EQ(Count(json, "\"time\""), 3u);
}

TEST_F(RejectionLogTest, NoneIsKeptWhenNoneIsWanted) {
  auto log = Make(0, clock_);
  Refuse(log, "cpu");
  log.RecordRequest(OfRequest(), {ErrorCode::kInvalidInput, "x"});
  EXPECT_EQ(ShownBy(log), R"({"rejections":[],"kept_max":0})");
  ASSERT_EQ(Lines().size(), 1u);
  EXPECT_EQ(Lines()[0].find("rejections"), std::string::npos);
}

TEST_F(RejectionLogTest, ThePlaceIsSaidOnce) {
  EXPECT_EQ(PlaceOf({3, "words"}, true), "line 3: ");
  EXPECT_EQ(PlaceOf({3, "words"}, false), "item 3: ");
  EXPECT_EQ(PlaceOf({3, "item 3, row 1: words"}, false), "");
}

TEST_F(RejectionLogTest, ARequestRefusedWholeIsKept) {
  auto log = Make(3, clock_);
  log.RecordRequest(OfRequest(), {ErrorCode::kInvalidInput, "empty"});
  EXPECT_NE(ShownBy(log).find("\"message\":\"empty\",\"text\":\"\""), std::string::npos);
  EXPECT_TRUE(Lines().empty()) << "the log of requests has it";
}

}  // namespace
}  // namespace arc::api
