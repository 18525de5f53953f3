#include "data/ingest/tle/tle_decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace arc::ingest {
namespace {

const std::string kIss1 = "1 25544U 98067A   08264.51782528 -.00002182  00000-0 -11606-4 0  2927\n";
const std::string kIss2 = "2 25544  51.6416 247.4627 0006703 130.5360 325.0288 15.72125391563537\n";
const std::string kIss = kIss1 + kIss2;

std::string NameOf(const DecodedBody& body, std::size_t row) {
  return ValueText(body.measurements.at(0).batch.columns.at(1), row);
}
// "line: reason" of all rejections.
std::string Rejections(const DecodedBody& body) {
  std::string text;
  for (const auto& rejection : body.rejections.first) {
    // Every reason begins with the measurement.
    const std::string measurement = "measurement \"tle\", ";
    EXPECT_TRUE(rejection.message.starts_with(measurement)) << rejection.message;
    text += std::to_string(rejection.line) + ": " + rejection.message.substr(measurement.size());
    text += "\n";
  }
  return text;
}

TEST(TleDecoder, NamesComeFromTheLineAboveOrTheNumber) {
  const auto body = DecodeTle("ISS (ZARYA)   \r\n" + kIss + "\n0 OBJECT B\n" + kIss + kIss, "tle");
  EXPECT_EQ(Rejections(body), "");
  ASSERT_EQ(body.row_count(), 3u);
  const auto& decoded = body.measurements[0];
  EXPECT_EQ(decoded.measurement, "tle");
  EXPECT_EQ(decoded.lines, (std::vector<std::uint32_t>{1, 5, 8}));
  EXPECT_EQ(NameOf(body, 0), "\"ISS (ZARYA)\"");
  EXPECT_EQ(NameOf(body, 1), "\"OBJECT B\"");
  EXPECT_EQ(NameOf(body, 2), "\"NORAD 25544\"");
  EXPECT_EQ(FindBrokenRule(decoded.batch), "");
  EXPECT_EQ(decoded.batch.columns.size(), 19u);
  EXPECT_EQ(SatellitesOf(decoded.batch), std::vector<std::string>{"25544"});
  EXPECT_EQ(decoded.batch.min_time, 1'221'913'540'104'192);
}

TEST(TleDecoder, DamagedEntriesAreNamedAndTheOthersStay) {
  auto bad_sum = kIss;
  bad_sum[68] = '0';
  const auto body = DecodeTle(kIss + "BAD SUM\n" + bad_sum + kIss2 + "NO LINES\n" + kIss1 +
                                  "ANOTHER\n" + kIss + "\xFF\n" + kIss + "LAST",
                              "tle");
  EXPECT_EQ(body.row_count(), 2u);
  EXPECT_EQ(Rejections(body),
            "3: the checksum of element line 1 is '0', it should be 7\n"
            "6: element line 2 without a line 1 before it\n"
            "7: element line 1 without a line 2 below it\n"
            "12: the entry is not valid UTF-8\n"
            "15: neither an element line nor a name with an element line 1 below it\n");
}

TEST(TleDecoder, EpochsThatAreNotBelievedAreRejected) {
  TimeLimits times;
  times.max_micros = times.now_micros = 1'000'000'000'000'000;
  const auto body = DecodeTle(kIss, "tle", times);
  EXPECT_EQ(body.row_count(), 0u);
  ASSERT_EQ(body.rejections.count, 1u);
  EXPECT_NE(body.rejections.first[0].message.find("the time 2008-09-20T12:25:40.104192Z is more"),
            std::string::npos);
  EXPECT_EQ(body.rejections.first[0].text, kIss.substr(0, kIss.size() - 1));
}

TEST(TleDecoder, AByteOrderMarkIsNoPartOfAName) {
  const auto body = DecodeTle("\xEF\xBB\xBFISS\n" + kIss, "tle");
  ASSERT_EQ(body.rejections.count, 1u);
  EXPECT_NE(body.rejections.first[0].message.find("byte order mark"), std::string::npos);
  EXPECT_EQ(body.row_count(), 1u);
}

TEST(TleDecoder, NothingIsNothing) {
  EXPECT_TRUE(DecodeTle("", "tle").measurements.empty());
  EXPECT_EQ(DecodeTle("\n \r\n", "tle").rejections.count, 0u);
}

// Cut into pieces at every byte, the text decodes to the same rows and rejections.
TEST(TleDecoder, PiecesAreTheWhole) {
  const auto text = "NAME\n" + kIss + "\n\n" + kIss + "junk\n0 B\n" + kIss + "\n";
  const auto whole = DecodeTle(text, "tle");
  for (std::size_t cut = 0; cut <= text.size(); cut++) {
    const auto first = DecodeTlePiece(std::string_view(text).substr(0, cut), "tle");
    ASSERT_LE(first.bytes_used, cut);
    EXPECT_EQ(first.lines_used,
              std::count(text.begin(), text.begin() + long(first.bytes_used), '\n'));
    const auto rest = DecodeTle(std::string_view(text).substr(first.bytes_used), "tle");
    EXPECT_EQ(first.body.row_count() + rest.row_count(), whole.row_count()) << cut;
    EXPECT_EQ(first.body.rejections.count + rest.rejections.count, whole.rejections.count) << cut;
  }
}

}  // namespace
}  // namespace arc::ingest
