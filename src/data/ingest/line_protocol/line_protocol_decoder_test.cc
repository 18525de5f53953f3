#include "data/ingest/line_protocol/line_protocol_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "foundation/model/names.h"
#include "foundation/text/utf8.h"

namespace arc::ingest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FixedSchema : public SchemaSource {
 public:
  FixedSchema() = default;
  FixedSchema(std::string measurement, std::vector<SchemaColumn> columns)
      : measurement_(std::move(measurement)),
        schema_(std::make_shared<RowSchema>(std::move(columns))) {}

  std::shared_ptr<const RowSchema> Find(std::string_view measurement) const override {
    return measurement == measurement_ ? schema_ : nullptr;
  }

 private:
  std::string measurement_;
  std::shared_ptr<const RowSchema> schema_;
};

constexpr std::int64_t kNow = 1'700'000'000'000'000;

DecodedBody Decode(std::string_view body, const SchemaSource& schemas = FixedSchema(),
                   LineProtocolOptions options = {}) {
  options.now_micros = kNow;
  LineProtocolDecoder decoder;
  auto decoded = decoder.Decode(body, options, schemas);
  for (const auto& measurement : decoded.measurements) {
    EXPECT_EQ(FindBrokenRule(measurement.batch), "") << body;
  }
  return decoded;
}

// The batch of a body that has one measurement and no rejections.
ColumnBatch DecodeBatch(std::string_view body, const SchemaSource& schemas = FixedSchema()) {
  auto decoded = Decode(body, schemas);
  EXPECT_EQ(decoded.rejections.count, 0u)
      << (decoded.rejections.first.empty() ? "" : decoded.rejections.first[0].message);
  EXPECT_EQ(decoded.measurements.size(), 1u);
  return decoded.measurements.empty() ? ColumnBatch() : std::move(decoded.measurements[0].batch);
}

const Column* Find(const ColumnBatch& batch, std::string_view name) {
  for (const auto& column : batch.columns) {
    if (column.name == name) return &column;
  }
  return nullptr;
}

// All values of a column as text, or the word "absent".
std::vector<std::string> Values(const ColumnBatch& batch, std::string_view name) {
  const auto* column = Find(batch, name);
  if (column == nullptr) return {"absent"};
  std::vector<std::string> texts;
  for (std::size_t row = 0; row < batch.row_count(); row++) {
    texts.push_back(ValueText(*column, row));
  }
  return texts;
}

// The message for a body of one line that must be rejected, with nothing stored.
std::string Reason(std::string_view line, LineProtocolOptions options = {}) {
  const auto decoded = Decode(line, FixedSchema(), options);
  EXPECT_THAT(decoded.measurements, IsEmpty()) << line;
  EXPECT_EQ(decoded.rejections.count, 1u) << line;
  if (decoded.rejections.first.empty()) return "stored";
  const auto& rejection = decoded.rejections.first[0];
  EXPECT_EQ(rejection.line, 1u);
  EXPECT_EQ(rejection.text, ShownText(line));
  // The measurement comes first, when its name is one.
  if (rejection.measurement.empty()) return rejection.message;
  const auto prefix = "measurement \"" + rejection.measurement + "\", ";
  EXPECT_TRUE(rejection.message.starts_with(prefix)) << rejection.message;
  return rejection.message.substr(prefix.size());
}

TEST(LineProtocolDecoder, StoresTagsFieldsAndTime) {
  const auto batch = DecodeBatch("cpu,host=a,region=eu usage=0.5,cores=4i 1700000000123456789\n");
  EXPECT_THAT(batch.times, ElementsAre(1700000000123456));
  ASSERT_EQ(batch.columns.size(), 4u);
  EXPECT_EQ(batch.columns[0].name, "host");
  EXPECT_EQ(batch.columns[0].role, ColumnRole::kTag);
  EXPECT_TRUE(std::holds_alternative<DictionaryValues>(batch.columns[0].values));
  EXPECT_EQ(batch.columns[2].role, ColumnRole::kField);
  EXPECT_THAT(Values(batch, "region"), ElementsAre("\"eu\""));
  EXPECT_THAT(Values(batch, "usage"), ElementsAre("0.5"));
  EXPECT_THAT(Values(batch, "cores"), ElementsAre("4"));
}

TEST(LineProtocolDecoder, EmptyBodiesHoldNothing) {
  for (const auto* body : {"", "\n", "\r\n\r\n", "  \t ", "# a comment", "#\n # another\n\n"}) {
    const auto decoded = Decode(body);
    EXPECT_THAT(decoded.measurements, IsEmpty()) << body;
    EXPECT_EQ(decoded.rejections.count, 0u) << body;
  }
}

TEST(LineProtocolDecoder, TypesOfFields) {
  const auto batch = DecodeBatch("m i=-12i,u=12u,f=1.5,g=-.5,h=5.,e=1e3,p=+2,b=t,s=\"x\"");
  const auto type = [&](std::string_view name) { return Find(batch, name)->type(); };
  EXPECT_EQ(type("i"), ColumnType::kInt64);
  EXPECT_EQ(type("u"), ColumnType::kInt64);
  for (const auto* name : {"f", "g", "h", "e", "p"}) EXPECT_EQ(type(name), ColumnType::kDouble);
  EXPECT_EQ(type("b"), ColumnType::kBool);
  EXPECT_EQ(type("s"), ColumnType::kString);
  EXPECT_THAT(Values(batch, "g"), ElementsAre("-0.5"));
  EXPECT_THAT(Values(batch, "h"), ElementsAre("5"));
  EXPECT_THAT(Values(batch, "e"), ElementsAre("1000"));
}

TEST(LineProtocolDecoder, BooleanWords) {
  for (const auto* word : {"t", "T", "true", "True", "TRUE"}) {
    EXPECT_THAT(Values(DecodeBatch(std::string("m b=") + word), "b"), ElementsAre("true"));
  }
  for (const auto* word : {"f", "F", "false", "False", "FALSE"}) {
    EXPECT_THAT(Values(DecodeBatch(std::string("m b=") + word), "b"), ElementsAre("false"));
  }
  for (const auto* word : {"tRUE", "tr", "fALSE", "yes", "truE", "tt"}) {
    EXPECT_THAT(Reason(std::string("m b=") + word), HasSubstr("is not a value"));
  }
}

TEST(LineProtocolDecoder, StringsWithEscapesAndNewlines) {
  const auto batch = DecodeBatch(
      "m s=\"plain\",n=1i 1000\n"
      "m s=\"say \\\"hi\\\" \\\\ \\n\",n=2i 2000\n"
      "m s=\"two\nlines, = and # \",n=3i 3000\n"
      "m s=\"\",n=4i 4000\n");
  EXPECT_THAT(Values(batch, "s"), ElementsAre("\"plain\"", "\"say \"hi\" \\ \\n\"",
                                              "\"two\nlines, = and # \"", "\"\""));
  EXPECT_THAT(Values(batch, "n"), ElementsAre("1", "2", "3", "4"));
  EXPECT_TRUE(Find(batch, "s")->validity.empty()) << "an empty string is not NULL";
}

TEST(LineProtocolDecoder, EscapesInKeysAndTagValues) {
  const auto batch =
      DecodeBatch("m,tag\\ key=a\\,b\\=c\\ d,path=C:\\dir field\\=key=1i,b\\\\\\,s=2i\n");
  EXPECT_THAT(Values(batch, "tag key"), ElementsAre("\"a,b=c d\""));
  EXPECT_THAT(Values(batch, "path"), ElementsAre("\"C:\\dir\""));
  EXPECT_THAT(Values(batch, "field=key"), ElementsAre("1"));
  EXPECT_THAT(Values(batch, "b\\\\,s"), ElementsAre("2"));
}

TEST(LineProtocolDecoder, LineNumbersAreWhereRecordsBegin) {
  const auto decoded = Decode(
      "# comment\r\n"
      "\r\n"
      "  m v=1i 1\r\n"            // 3
      "m s=\"a\nb\nc\",v=2i 2\n"  // 4, 5, 6
      "broken\n"                  // 7
      "m v=3i 3  \t\r\n"          // 8
      "m s=\"d\ne\",v=bad 3\n"    // 9, 10
      "m v=4i");                  // 11
  ASSERT_EQ(decoded.measurements.size(), 1u);
  EXPECT_THAT(decoded.measurements[0].lines, ElementsAre(3, 4, 8, 11));
  EXPECT_THAT(Values(decoded.measurements[0].batch, "v"), ElementsAre("1", "2", "3", "4"));
  ASSERT_EQ(decoded.rejections.count, 2u);
  EXPECT_EQ(decoded.rejections.first[0].line, 7u);
  EXPECT_EQ(decoded.rejections.first[1].line, 9u);
}

TEST(LineProtocolDecoder, AForgottenQuoteSpoilsItsOwnLineOnly) {
  const auto decoded = Decode("m s=\"open,v=1i 1\nm s=\"good\",v=2i 2\nm v=3i 3\n");
  ASSERT_EQ(decoded.measurements.size(), 1u);
  EXPECT_THAT(decoded.measurements[0].lines, ElementsAre(2, 3));
  ASSERT_EQ(decoded.rejections.count, 1u);
  EXPECT_EQ(decoded.rejections.first[0].line, 1u);
}

// What stands inside of a string is data, also when the line around it is bad.
TEST(LineProtocolDecoder, StringsOfARejectedLineAreNotLines) {
  const auto decoded = Decode("m v=bad,s=\"x\nm v=1i 1\n\" 2\nm v=2i 3\n");
  ASSERT_EQ(decoded.measurements.size(), 1u);
  EXPECT_THAT(decoded.measurements[0].lines, ElementsAre(4));
  EXPECT_EQ(decoded.rejections.count, 1u);
}

TEST(LineProtocolDecoder, TimestampsOfEveryPrecision) {
  const auto time = [](Precision precision, std::string_view timestamp) {
    LineProtocolOptions options;
    options.precision = precision;
    const auto decoded = Decode("m v=1i " + std::string(timestamp), FixedSchema(), options);
    return decoded.measurements.at(0).batch.times.at(0);
  };
  EXPECT_EQ(time(Precision::kNanoseconds, "-1"), -1);
  EXPECT_EQ(time(Precision::kNanoseconds, "-1000"), -1);
  EXPECT_EQ(time(Precision::kNanoseconds, "-1001"), -2);
  EXPECT_EQ(time(Precision::kNanoseconds, "999"), 0);
  EXPECT_EQ(time(Precision::kNanoseconds, "9223372036854775807"), 9223372036854775);
  EXPECT_EQ(time(Precision::kMicroseconds, "-7"), -7);
  EXPECT_EQ(time(Precision::kMilliseconds, "7"), 7'000);
  EXPECT_EQ(time(Precision::kSeconds, "7"), 7'000'000);
  EXPECT_EQ(time(Precision::kMinutes, "7"), 420'000'000);
  EXPECT_EQ(time(Precision::kHours, "-1"), -3'600'000'000);
  EXPECT_EQ(time(Precision::kAuto, "1700000000"), 1'700'000'000'000'000);
  EXPECT_EQ(time(Precision::kAuto, "1700000000123456789"), 1'700'000'000'123'456);
}

TEST(LineProtocolDecoder, LinesWithoutTimestampShareNow) {
  const auto batch = DecodeBatch("m v=1i\nm v=2i 5000\nm v=3i\r\n");
  EXPECT_THAT(batch.times, ElementsAre(kNow, 5, kNow));
}

TEST(LineProtocolDecoder, IntegersWidenWhenAFloatComes) {
  const auto batch = DecodeBatch("m v=1i\nm w=1i\nm v=2.5\nm v=3i\n");
  EXPECT_EQ(Find(batch, "v")->type(), ColumnType::kDouble);
  EXPECT_THAT(Values(batch, "v"), ElementsAre("1", "null", "2.5", "3"));
}

TEST(LineProtocolDecoder, ARejectedLineLeavesNoTrace) {
  const auto decoded = Decode(
      "first V=1i,new=1,bad=x\n"  // measurement, columns and spelling come later
      "second,tag=unseen v=1i,a=t\n"
      "second,tag=seen v=2.5,new=1,A=f\n"  // would widen v and add a word
      "first v=1i\n");
  ASSERT_EQ(decoded.measurements.size(), 2u);
  EXPECT_EQ(decoded.measurements[0].measurement, "second");
  const auto& second = decoded.measurements[0].batch;
  EXPECT_EQ(second.columns.size(), 4u);
  EXPECT_EQ(Find(second, "v")->type(), ColumnType::kDouble) << "A joins a: the line is good";
  const auto& first = decoded.measurements[1].batch;
  ASSERT_EQ(first.columns.size(), 1u);
  EXPECT_EQ(first.columns[0].name, "v");
}

TEST(LineProtocolDecoder, ARejectedLineDoesNotWidenOrAddWords) {
  const auto decoded = Decode(
      "m,tag=a v=1i,b=t\n"
      "m,tag=b v=2.5,new=1,b=\"text\"\n"
      "m,tag=a v=3i,b=f\n");
  ASSERT_EQ(decoded.measurements.size(), 1u);
  const auto& batch = decoded.measurements[0].batch;
  EXPECT_EQ(batch.columns.size(), 3u);
  EXPECT_EQ(Find(batch, "v")->type(), ColumnType::kInt64);
  EXPECT_EQ(std::get<DictionaryValues>(Find(batch, "tag")->values).dictionary.size(), 2u);
  ASSERT_EQ(decoded.rejections.count, 1u);
  EXPECT_EQ(decoded.rejections.first[0].message,
            "measurement \"m\", column \"b\": holds boolean, the line offers string: \"text\"");
}

TEST(LineProtocolDecoder, SchemaDecidesTypeAndSpelling) {
  const FixedSchema schema("m", {{"Usage", ColumnType::kDouble, ColumnRole::kField},
                                 {"count", ColumnType::kInt64, ColumnRole::kField},
                                 {"note", ColumnType::kString, ColumnRole::kField},
                                 {"later", ColumnType::kNull, ColumnRole::kField}});
  const auto batch = DecodeBatch("m usage=1i,COUNT=1i,later=t\nm usage=2i,count=2.5\n", schema);
  EXPECT_EQ(Find(batch, "Usage")->type(), ColumnType::kDouble);
  EXPECT_EQ(Find(batch, "count")->type(), ColumnType::kDouble);
  EXPECT_EQ(Find(batch, "later")->type(), ColumnType::kBool);
  const auto rejected = Decode("m note=1i\nm,usage=a v=1i\n", schema);
  ASSERT_EQ(rejected.rejections.count, 2u);
  EXPECT_EQ(rejected.rejections.first[0].message,
            "measurement \"m\", column \"note\": holds string, the line offers integer: 1i");
  EXPECT_EQ(rejected.rejections.first[1].message,
            "measurement \"m\", column \"Usage\": holds float, the line offers string: \"a\"");
}

TEST(LineProtocolDecoder, KeysThatDifferInCaseAreOneColumn) {
  const auto batch = DecodeBatch("m Host=1i\nm host=2i\nm HOST=3i\n");
  ASSERT_EQ(batch.columns.size(), 1u);
  EXPECT_THAT(Values(batch, "Host"), ElementsAre("1", "2", "3"));
}

TEST(LineProtocolDecoder, AFieldNamedLikeATagOfItsLineIsRenamed) {
  const auto batch = DecodeBatch("m,host=a host=1i\nm,host=b HOST=2i,v=1i\n");
  EXPECT_THAT(Values(batch, "host"), ElementsAre("\"a\"", "\"b\""));
  EXPECT_THAT(Values(batch, "host_value"), ElementsAre("1", "2"));
  EXPECT_THAT(Reason("m,host=a host=1i,host_value=2i"), HasSubstr("twice"));
  EXPECT_THAT(Reason("m,host=a host=1i,Host=2i"), HasSubstr("twice"));
}

TEST(LineProtocolDecoder, AColumnMayComeAsTagAndAsField) {
  const auto tag_first = DecodeBatch("m,h=a v=1i\nm v=1i\nm h=\"\"\nm,h=a v=1i\n");
  EXPECT_EQ(Find(tag_first, "h")->role, ColumnRole::kTag);
  EXPECT_THAT(Values(tag_first, "h"), ElementsAre("\"a\"", "null", "\"\"", "\"a\""));
  const auto field_first = DecodeBatch("m v=1i\nm h=\"x\"\nm,h=a v=1i\n");
  EXPECT_EQ(Find(field_first, "h")->role, ColumnRole::kTag);
  EXPECT_THAT(Values(field_first, "h"), ElementsAre("null", "\"x\"", "\"a\""));
}

TEST(LineProtocolDecoder, SparseColumnsAreFilledWithNulls) {
  std::string body;
  for (int i = 0; i < 200; i++) {
    const bool is_even = i % 2 == 0;
    body += is_even ? "m,a=x i=1i,s=\"y\",b=t\n" : "m f=1.5\n";
  }
  const auto batch = DecodeBatch(body);
  for (const auto* name : {"a", "i", "s", "b"}) {
    const auto* column = Find(batch, name);
    ASSERT_NE(column, nullptr);
    for (std::size_t row = 0; row < 200; row++) EXPECT_EQ(column->IsValid(row), row % 2 == 0);
  }
  EXPECT_FALSE(Find(batch, "f")->IsValid(0));
  EXPECT_TRUE(Find(batch, "f")->IsValid(199));
}

TEST(LineProtocolDecoder, SeveralMeasurementsKeepTheirOrder) {
  const auto decoded = Decode("b v=1i\na v=2i\nb v=3i\nB v=4i\n");
  ASSERT_EQ(decoded.measurements.size(), 3u);
  EXPECT_EQ(decoded.measurements[0].measurement, "b");
  EXPECT_THAT(decoded.measurements[0].lines, ElementsAre(1, 3));
  EXPECT_EQ(decoded.measurements[1].measurement, "a");
  EXPECT_EQ(decoded.measurements[2].measurement, "B");
}

TEST(LineProtocolDecoder, SaysWhatIsWrongAndWhere) {
  EXPECT_THAT(Reason("cpu"), HasSubstr("no fields"));
  EXPECT_THAT(Reason("cpu,host=a"), HasSubstr("no fields"));
  EXPECT_THAT(Reason("1cpu v=1"), HasSubstr("invalid measurement name \"1cpu\""));
  EXPECT_THAT(Reason(",a=b v=1"), HasSubstr("invalid measurement name \"\""));
  EXPECT_THAT(Reason("c\\ pu v=1"), HasSubstr("invalid measurement name \"c pu\""));
  EXPECT_EQ(Reason("cpu,host v=1"), "tag \"host\" at byte 5 has no '='");
  EXPECT_EQ(Reason("cpu,=a v=1"), "tag at byte 5 has no key");
  EXPECT_EQ(Reason("cpu,a=1, v=1"), "tag at byte 9 has no key");
  EXPECT_EQ(Reason("cpu,host= v=1"), "tag \"host\" at byte 5 has no value");
  EXPECT_EQ(Reason("cpu,host=a=b v=1"), "tag \"host\": '=' at byte 11 must be written as \\=");
  EXPECT_EQ(Reason("cpu v"), "field \"v\" at byte 5 has no '='");
  EXPECT_EQ(Reason("cpu =1"), "field at byte 5 has no key");
  EXPECT_EQ(Reason("cpu v=1,"), "field at byte 9 has no key");
  EXPECT_EQ(Reason("cpu v= 5"), "field \"v\" at byte 5: has no value");
  EXPECT_THAT(Reason("cpu v=abc"), HasSubstr("field \"v\" at byte 5: \"abc\" is not a value"));
  EXPECT_EQ(Reason("cpu s=\"abc"), "field \"s\": the string that opens at byte 7 is not closed");
  EXPECT_EQ(Reason("cpu s=\"abc\"d"),
            "field \"s\": unexpected text at byte 12, behind the closing quote");
  EXPECT_THAT(Reason("cpu v=1 12x"), HasSubstr("\"12x\" at byte 9 is not a timestamp"));
  EXPECT_THAT(Reason("cpu v=1 +12"), HasSubstr("is not a timestamp"));
  EXPECT_THAT(Reason("cpu v=1 1 2"), HasSubstr("is not a timestamp"));
  EXPECT_THAT(Reason("cpu v=1 9223372036854775808"), HasSubstr("is out of range"));
  EXPECT_THAT(Reason("cpu v=1,V=2"), HasSubstr("column \"v\" comes twice in one line"));
  EXPECT_THAT(Reason("cpu,a=1,A=2 v=2"), HasSubstr("column \"a\" comes twice in one line"));
  EXPECT_THAT(Reason("cpu Time=1"), HasSubstr("field \"Time\": the name is reserved"));
  EXPECT_THAT(Reason("cpu,TIME=1 v=1"), HasSubstr("tag \"TIME\": the name is reserved"));
}

TEST(LineProtocolDecoder, ValuesThatCannotBeStoredAreRejectedByName) {
  EXPECT_THAT(Reason("m v=9223372036854775808i"), HasSubstr("out of range for an integer"));
  EXPECT_THAT(Reason("m v=9223372036854775808u"), HasSubstr("above 9223372036854775807"));
  EXPECT_THAT(Reason("m v=-1u"), HasSubstr("is not a value"));
  EXPECT_THAT(Reason("m v=1e999"), HasSubstr("out of range for a float"));
  for (const auto* word : {"NaN", "nan", "Inf", "-inf", "+Infinity"}) {
    EXPECT_THAT(Reason(std::string("m v=") + word), HasSubstr("is not a finite number"));
  }
  LineProtocolOptions seconds;
  seconds.precision = Precision::kSeconds;
  EXPECT_THAT(Reason("m v=1 9223372036854776", seconds), HasSubstr("timestamp is out of range"));
}

constexpr std::int64_t kTenYears = 315'576'000'000'000;

LineProtocolOptions Believing(Precision precision, std::int64_t now, std::int64_t min_micros) {
  LineProtocolOptions options;
  options.precision = precision;
  options.times = TimeRule{min_micros, kTenYears}.At(now);
  return options;
}

TEST(LineProtocolDecoder, ATimeInAnotherUnitIsRejectedAndAsksForThePrecision) {
  constexpr std::int64_t kToday = 1'796'000'000'000'000;
  const auto reason = [&](Precision precision, const std::string& timestamp) {
    return Reason("far,host=a v=1 " + timestamp, Believing(precision, kToday, kTimeMin));
  };
  EXPECT_EQ(reason(Precision::kSeconds, "1772323200000"),
            "the time +58132-09-08T00:00:00Z is more than 10 years ahead (ingest.max_future): "
            "milliseconds with precision=s?");
  EXPECT_THAT(reason(Precision::kMilliseconds, "1772323200000000"),
              HasSubstr("microseconds with precision=ms?"));
  EXPECT_THAT(reason(Precision::kMicroseconds, "1772323200000000000"),
              HasSubstr("nanoseconds with precision=us?"));
  EXPECT_THAT(reason(Precision::kHours, "1772323200"), HasSubstr("seconds with precision=h?"));
  EXPECT_EQ(reason(Precision::kSeconds, "1772323200000000000"),
            "the timestamp is out of range: nanoseconds with precision=s?: 1772323200000000000");
  EXPECT_THAT(reason(Precision::kNanoseconds, "9000000000000000000"),
              HasSubstr("is precision=ns right?"));
  EXPECT_THAT(reason(Precision::kAuto, "9000000000"), HasSubstr("is precision=auto right?"));
}

TEST(LineProtocolDecoder, TimesWithinTheLimitsAreStoredAlsoBesideOthers) {
  const auto options = Believing(Precision::kSeconds, kNow, -1'000'000);
  const auto decoded = Decode(
      "m v=1 1\nm v=2 -1\nm v=3 -2\nm v=\"text\" 99999999999\nm v=4\nn v=t 99999999999\nm v=5 "
      "2015576000\nm v=6 2015576001\n",
      FixedSchema(), options);
  ASSERT_EQ(decoded.measurements.size(), 1u) << "what is rejected leaves no trace";
  EXPECT_THAT(decoded.measurements[0].lines, ElementsAre(1, 2, 5, 7));
  EXPECT_EQ(decoded.rejections.count, 4u);
  EXPECT_EQ(decoded.rejections.first[0].kind, RefusalKind::kTime);
  EXPECT_EQ(decoded.rejections.first[0].text, "m v=3 -2");
  EXPECT_THAT(decoded.rejections.first[0].message, HasSubstr("(ingest.min_time)"));
}

TEST(LineProtocolDecoder, MarksThatCannotBeSeenAreNamed) {
  EXPECT_THAT(Reason("\xEF\xBB\xBF"
                     "cpu v=1"),
              HasSubstr("byte order mark (EF BB BF)"));
  EXPECT_THAT(Reason("\xEF\xBB\xBF"), HasSubstr("byte order mark"));
  EXPECT_THAT(Reason(std::string("\xFF\xFE"
                                 "c\0p\0",
                                 6)),
              HasSubstr("UTF-16"));
  EXPECT_THAT(Reason(std::string("\xFE\xFF\0c", 4)), HasSubstr("UTF-16"));
  const auto decoded = Decode(
      "\xEF\xBB\xBF"
      "cpu v=1\ncpu v=2\n");
  EXPECT_EQ(decoded.row_count(), 1u) << "the other lines are as good as ever";
}

TEST(LineProtocolDecoder, ALogGetsNoValue) {
  const auto log_text = [](std::string_view line) {
    const FixedSchema schema("m", {{"v", ColumnType::kDouble, ColumnRole::kField}});
    return std::string(LogTextOf(Decode(line, schema).rejections.first.at(0)));
  };
  EXPECT_EQ(log_text("m v=\"secret\" 1"),
            "measurement \"m\", column \"v\": holds float, the line offers string");
  for (const auto* line : {"m v=secret 1", "m v=1 secret", "m secret", "m,secret v=1", "secret",
                           "9 secret=1", "m v=\"secret 1", "m,a=secret=b v=1"}) {
    EXPECT_EQ(log_text(line).find("secret"), std::string::npos) << log_text(line);
  }
}

TEST(LineProtocolDecoder, ExtremesAreExact) {
  const auto batch = DecodeBatch("m a=-9223372036854775808i,b=9223372036854775807u,c=+7i,d=-0\n");
  EXPECT_THAT(Values(batch, "a"), ElementsAre("-9223372036854775808"));
  EXPECT_THAT(Values(batch, "b"), ElementsAre("9223372036854775807"));
  EXPECT_THAT(Values(batch, "c"), ElementsAre("7"));
  EXPECT_THAT(Values(batch, "d"), ElementsAre("-0"));
}

TEST(LineProtocolDecoder, LinesThatAreNotUtf8AreRejectedAlone) {
  const auto decoded = Decode(
      "m,t=a v=1i\n"
      "m,t=\xFF v=2i\n"
      "m,t=\xC3\xA9 v=3i\n"
      "# \xFF in a comment harms nobody\n"
      "m,t=a v=4i,s=\"\xC0\x80\"\n"
      "m,t=a v=5i\n");
  ASSERT_EQ(decoded.measurements.size(), 1u);
  EXPECT_THAT(decoded.measurements[0].lines, ElementsAre(1, 3, 6));
  EXPECT_EQ(decoded.rejections.count, 2u);
  EXPECT_EQ(decoded.rejections.first[0].message, "the line is not valid UTF-8");
}

// The grammar leaves control characters out of names and tags, but data has them.
TEST(LineProtocolDecoder, ControlCharactersAreData) {
  using std::string_literals::operator""s;
  const auto batch = DecodeBatch("m,k\x01=a\tb\x7F,nul=\0\0 f\x02=1i,s=\"\0\r\x1B\"\n"s);
  EXPECT_THAT(Values(batch, "k\x01"), ElementsAre("\"a\tb\x7F\""));
  EXPECT_THAT(Values(batch, "nul"), ElementsAre("\"\0\0\""s));
  EXPECT_THAT(Values(batch, "f\x02"), ElementsAre("1"));
  EXPECT_THAT(Values(batch, "s"), ElementsAre("\"\0\r\x1B\""s));
  EXPECT_THAT(Reason("m\0 v=1i"s), HasSubstr("invalid measurement name"));
  EXPECT_THAT(Reason("m v=\0"s), HasSubstr("is not a value"));
  EXPECT_THAT(Reason("m v=1i 5\0"s), HasSubstr("is not a timestamp"));
}

TEST(LineProtocolDecoder, MessagesAreShortAndValidUtf8) {
  std::string umlauts = "x";
  for (int i = 0; i < 100; i++) umlauts += "\xC3\xA4";
  const auto reason = Reason("m v=" + umlauts);
  EXPECT_LT(reason.size(), 250u);
  EXPECT_THAT(reason, HasSubstr("\xC3\xA4...\""));
  for (const auto* line : {"m v=", "m s=\"x\"", "m v=1 ", "m,", "m ", "m,a=1,a=2 ", ""}) {
    const auto message = Reason(line + umlauts);
    EXPECT_TRUE(IsUtf8(message)) << message;
  }
  EXPECT_TRUE(IsUtf8(Reason(umlauts + " v=1"))) << "a measurement's name";
}

TEST(LineProtocolDecoder, SparseBodiesCannotTakeMemoryWithTheSquareOfTheirLines) {
  LineProtocolOptions options;
  options.nulls_max = 10;
  const auto decoded =
      Decode("m a=1\nm b=1\nm c=1\nm d=1\nm a=2,b=2,c=2\nm a=1\n", FixedSchema(), options);
  ASSERT_EQ(decoded.measurements.size(), 1u);
  // One more column costs two NULLs, then four, then six; after that only dense lines fit.
  EXPECT_THAT(decoded.measurements[0].lines, ElementsAre(1, 2, 3, 5, 6));
  ASSERT_EQ(decoded.rejections.count, 1u);
  EXPECT_THAT(decoded.rejections.first[0].message, HasSubstr("without a value"));
}

TEST(LineProtocolDecoder, ADecoderMayBeUsedAgain) {
  LineProtocolDecoder decoder;
  const FixedSchema schemas;
  const auto first = decoder.Decode("m,a=b v=1i\nm,a=b v=2i\n", {}, schemas);
  const auto second = decoder.Decode("n v=\"text\"\nm v=t\n", {}, schemas);
  EXPECT_EQ(first.row_count(), 2u);
  EXPECT_EQ(second.row_count(), 2u);
  EXPECT_EQ(second.measurements.at(1).batch.columns.size(), 1u);
}

TEST(LineProtocolDecoder, AMeasurementHasSoManyColumns) {
  std::string body = "m good=1\nm ";
  for (int i = 0; i < 100'000; i++) body += "f" + std::to_string(i) + "=1,";
  body += "last=1\nm good=2";
  const auto decoded = Decode(body);
  EXPECT_EQ(decoded.row_count(), 2u);
  ASSERT_EQ(decoded.rejections.count, 1u);
  EXPECT_EQ(decoded.rejections.first[0].message,
            "measurement \"m\", the lines of the measurement have more than 100000 columns");
}

}  // namespace
}  // namespace arc::ingest
