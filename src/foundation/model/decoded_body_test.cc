#include "foundation/model/decoded_body.h"

#include <gtest/gtest.h>

namespace arc {
namespace {

Rejection Only(Refusal refusal) {
  RejectionReport report;
  report.Add(7, std::move(refusal), "text");
  return report.first.front();
}

TEST(Refusal, AValueIsForTheClientAndForNoLog) {
  const auto rejection =
      Only({RefusalKind::kTypeConflict, "column \"v\" is no text", "\"secret\""});
  EXPECT_EQ(rejection.message, "column \"v\" is no text: \"secret\"");
  EXPECT_EQ(LogTextOf(rejection), "column \"v\" is no text");
  EXPECT_EQ(rejection.text, "text");
}

TEST(Refusal, OfWordsAloneTheLogGetsWhatIsBeforeAQuotation) {
  EXPECT_EQ(LogTextOf(Only("field \"secret\" is odd")), "field ");
  EXPECT_EQ(LogTextOf(Only("nothing is quoted")), "nothing is quoted");
}

TEST(Refusal, TheMeasurementIsNamedInBoth) {
  Refusal shown(RefusalKind::kTypeConflict, "column \"v\" is no text", "\"secret\"");
  shown.NameMeasurement("cpu");
  EXPECT_EQ(shown.message, "measurement \"cpu\", column \"v\" is no text: \"secret\"");
  EXPECT_EQ(LogTextOf(Only(shown)), "measurement \"cpu\", column \"v\" is no text");
  Refusal words("field at byte 3: \"secret\" is odd");
  words.NameMeasurement("cpu");
  EXPECT_EQ(LogTextOf(Only(words)), "measurement \"cpu\", field at byte 3: ");
}

TEST(Refusal, WhatOnlyLooksLikeAMeasurementIsInNoLog) {
  Refusal words("no fields");
  words.NameMeasurement("secret", Refusal::InLog::kNotNamed);
  EXPECT_EQ(words.message, "measurement \"secret\", no fields");
  EXPECT_EQ(LogTextOf(Only(words)), "no fields");
}

TEST(ShownText, IsCutBetweenCharacters) {
  EXPECT_EQ(ShownText("short"), "short");
  const std::string letters(kShownTextMax - 1, 'a');
  EXPECT_EQ(ShownText(letters + "\u00e9"), letters + "...");
  EXPECT_EQ(ShownText(letters + "bc"), letters + "b...");
  EXPECT_EQ(ShownValue(std::string(64, 'a')), std::string(64, 'a'));
  EXPECT_EQ(ShownValue(std::string(65, 'a')), std::string(64, 'a') + "...");
  // What only looks like the middle of a character is cut all the same.
  EXPECT_LE(ShownText(std::string(5000, '\x80')).size(), kShownTextMax + 3);
}

TEST(RejectionReport, KeepsTheFirstHundred) {
  RejectionReport report;
  for (std::uint64_t line = 0; line < 250; line++) {
    EXPECT_EQ(report.TellsNext(), line < RejectionReport::kToldMax);
    report.Add(line, "x");
  }
  EXPECT_EQ(report.count, 250u);
  EXPECT_EQ(report.first.size(), RejectionReport::kToldMax);
}

}  // namespace
}  // namespace arc
