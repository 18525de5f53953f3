#include "service/api/request_parameters.h"

#include <gtest/gtest.h>

#include <array>

namespace arc::api {
namespace {

std::string ProblemOf(const http::NamedValues& query) {
  static const std::array<std::string, 3> kKnown{"db", "measurement", "time_column"};
  http::Request request;
  request.query = query;
  const auto checked = CheckParameters(request, "this", kKnown);
  if (checked.ok()) return "";
  EXPECT_EQ(checked.error().code, ErrorCode::kInvalidInput);
  return checked.error().message;
}

TEST(KnownParameters, AreTakenWhateverTheirValues) {
  EXPECT_EQ(ProblemOf({}), "");
  EXPECT_EQ(ProblemOf({{"db", "a"}, {"time_column", ""}, {"measurement", "m"}}), "");
  EXPECT_EQ(ProblemOf({{"u", "name"}, {"db", "a"}, {"p", "secret"}}), "");
}

TEST(KnownParameters, AnyOtherIsNamedWithThoseThatExist) {
  EXPECT_EQ(ProblemOf({{"db", "a"}, {"time_zone", "America/Chicago"}}),
            "unknown parameter 'time_zone': this takes db, measurement, time_column");
  EXPECT_EQ(ProblemOf({{"timecolumn", ""}}),
            "unknown parameter 'timecolumn' (did you mean 'time_column'?): this takes db, "
            "measurement, time_column");
  EXPECT_EQ(ProblemOf({{"DB", "a"}}),
            "unknown parameter 'DB' (did you mean 'db'?): this takes db, measurement, time_column");
  EXPECT_EQ(ProblemOf({{"", "a"}}),
            "unknown parameter '': this takes db, measurement, time_column");
  EXPECT_LT(ProblemOf({{std::string(10'000, 'x'), "a"}}).size(), 200u);
}

TEST(KnownParameters, NoneIsTakenTwice) {
  EXPECT_EQ(ProblemOf({{"db", "a"}, {"db", "a"}}), "the parameter db is given twice: give it once");
}

}  // namespace
}  // namespace arc::api
