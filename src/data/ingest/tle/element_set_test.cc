#include "data/ingest/tle/element_set.h"

#include <gtest/gtest.h>

#include <string>

namespace arc::ingest::tle {
namespace {

// The International Space Station, a sample that the format's descriptions print.
const std::string kLine1 = "1 25544U 98067A   08264.51782528 -.00002182  00000-0 -11606-4 0  2927";
const std::string kLine2 = "2 25544  51.6416 247.4627 0006703 130.5360 325.0288 15.72125391563537";

// The line with its last digit made right.
std::string Summed(std::string line) {
  int sum = 0;
  for (const char c : line.substr(0, 68)) sum += c == '-' ? 1 : c >= '0' && c <= '9' ? c - '0' : 0;
  line[68] = static_cast<char>('0' + sum % 10);
  return line;
}
std::string With(std::string line, std::size_t column, const std::string& text) {
  return Summed(line.replace(column - 1, text.size(), text));
}
std::string Failure(const std::string& line1, const std::string& line2) {
  const auto set = ParseElementSet(line1, line2);
  return set.ok() ? "ok" : set.error().message;
}

TEST(ElementSet, ReadsEveryField) {
  const auto parsed = ParseElementSet(kLine1, kLine2);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  const auto& set = parsed.value();
  EXPECT_EQ(set.norad_id, "25544");
  EXPECT_EQ(set.classification, "U");
  EXPECT_EQ(set.international_designator, "98067A");
  // 2008-09-20T12:25:40.104192Z
  EXPECT_EQ(set.epoch_micros, 1'221'913'540'104'192);
  EXPECT_DOUBLE_EQ(set.mean_motion_dot, -0.00002182);
  EXPECT_DOUBLE_EQ(set.mean_motion_ddot, 0);
  EXPECT_DOUBLE_EQ(set.bstar, -0.11606e-4);
  EXPECT_DOUBLE_EQ(set.inclination_deg, 51.6416);
  EXPECT_DOUBLE_EQ(set.raan_deg, 247.4627);
  EXPECT_DOUBLE_EQ(set.eccentricity, 0.0006703);
  EXPECT_DOUBLE_EQ(set.arg_perigee_deg, 130.5360);
  EXPECT_DOUBLE_EQ(set.mean_anomaly_deg, 325.0288);
  EXPECT_DOUBLE_EQ(set.mean_motion_rev_day, 15.72125391);
  EXPECT_DOUBLE_EQ(set.revolution_number, 56353);
}

TEST(ElementSet, TheOrbitFollows) {
  const auto set = ParseElementSet(kLine1, kLine2).value();
  const auto orbit = OrbitOf(set);
  EXPECT_NEAR(orbit.period_min, 91.595, 0.001);
  EXPECT_NEAR(orbit.semi_major_axis_km, 6730.96, 0.05);
  EXPECT_NEAR(orbit.apogee_km, 364.47, 0.1);
  EXPECT_NEAR(orbit.perigee_km, 355.45, 0.1);
  EXPECT_EQ(orbit.type, "LEO");
}

std::string TypeOf(double revolutions_a_day, double eccentricity) {
  ElementSet set;
  set.mean_motion_rev_day = revolutions_a_day;
  set.eccentricity = eccentricity;
  return std::string(OrbitOf(set).type);
}

TEST(ElementSet, OrbitsHaveTheirTypes) {
  EXPECT_EQ(TypeOf(17.5, 0), "SUB");  // below the ground
  EXPECT_EQ(TypeOf(15.5, 0.001), "LEO");
  EXPECT_EQ(TypeOf(2.0056, 0.01), "MEO");  // navigation satellites
  EXPECT_EQ(TypeOf(1.0027, 0.0002), "GEO");
  EXPECT_EQ(TypeOf(2.006, 0.72), "HEO");  // Molniya
  EXPECT_EQ(TypeOf(0.5, 0.01), "HEO");    // far out
  EXPECT_EQ(TypeOf(10, 0.1), "HEO");      // from below 2,000 km to above
}

TEST(ElementSet, YearsAreOfTwoCenturies) {
  EXPECT_EQ(ParseElementSet(With(kLine1, 19, "57001.00000000"), kLine2).value().epoch_micros,
            -410'227'200'000'000);
  EXPECT_EQ(ParseElementSet(With(kLine1, 19, "56366.99999999"), kLine2).value().epoch_micros,
            2'745'532'799'999'136);
  EXPECT_EQ(Failure(With(kLine1, 19, "07366.00000000"), kLine2),
            "the epoch \"07366.00000000\" is no time");
  EXPECT_EQ(Failure(With(kLine1, 19, "08000.50000000"), kLine2),
            "the epoch \"08000.50000000\" is no time");
}

TEST(ElementSet, CatalogueNumbersMayHaveLetters) {
  const auto set = ParseElementSet(With(kLine1, 3, "A0001"), With(kLine2, 3, "A0001"));
  ASSERT_TRUE(set.ok());
  EXPECT_EQ(set.value().norad_id.size(), 5u);
}

TEST(ElementSet, SaysWhatIsWrong) {
  EXPECT_EQ(Failure(kLine1.substr(0, 68), kLine2),
            "element line 1 has 68 characters, 69 are needed");
  auto damaged = kLine2;
  damaged[10] = '9';
  EXPECT_EQ(Failure(kLine1, damaged).substr(0, 34), "the checksum of element line 2 is ");
  EXPECT_EQ(Failure(kLine1, With(kLine2, 3, "25545")),
            "element line 1 is of satellite 25544, line 2 of 25545");
  EXPECT_EQ(Failure(kLine1, With(kLine2, 9, " 5x.6416")), "inclination \"5x.6416\" is no number");
  EXPECT_EQ(Failure(kLine1, With(kLine2, 9, "181.6416")), "inclination cannot be 181.6416");
  EXPECT_EQ(Failure(kLine1, With(kLine2, 27, "-006703")), "eccentricity \"-006703\" is no number");
  EXPECT_EQ(Failure(kLine1, With(kLine2, 53, " 0.00000000")), "mean motion cannot be 0");
  EXPECT_EQ(Failure(With(kLine1, 54, "        "), kLine2), "drag \"\" is no number");
}

}  // namespace
}  // namespace arc::ingest::tle
