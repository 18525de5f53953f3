#include "data/ingest/msgpack/msgpack_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "data/ingest/msgpack/msgpack_reference.h"
#include "foundation/testing/fixed_schemas.h"
#include "foundation/testing/msgpack_writer.h"

namespace arc::ingest {
namespace {

using arc::testing::FixedSchemas;
using arc::testing::MsgpackWriter;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr MsgpackOptions kOptions{.now_micros = 42};

// Decodes, and checks the result against the slow twin.
class MsgpackDecoderTest : public ::testing::Test {
 protected:
  DecodedBody Decode(const MsgpackWriter& written) {
    EXPECT_EQ(FindDisagreement(written.bytes(), kOptions, schemas_, decoder_), "");
    auto decoded = decoder_.Decode(written.bytes(), kOptions, schemas_);
    EXPECT_TRUE(decoded.ok()) << (decoded.ok() ? "" : decoded.error().message);
    return decoded.ok() ? std::move(decoded).TakeValue() : DecodedBody();
  }
  // The result without its rejections.
  std::string Stored(const MsgpackWriter& written) {
    auto decoded = Decode(written);
    decoded.rejections = {};
    return DescribeForComparison(decoded);
  }
  std::vector<std::string> Rejected(const MsgpackWriter& written) {
    std::vector<std::string> messages;
    for (const auto& rejection : Decode(written).rejections.first) {
      auto message = rejection.message;
      // Every reason of a row names it; those of items may come before the name is known.
      const std::string measurement = "measurement \"cpu\", ";
      const auto at = message.find(measurement);
      if (at != std::string::npos) message.erase(at, measurement.size());
      messages.push_back(std::move(message));
    }
    return messages;
  }
  std::string FailureOf(const std::string& body) {
    EXPECT_EQ(FindDisagreement(body, kOptions, schemas_, decoder_), "");
    const auto decoded = decoder_.Decode(body, kOptions, schemas_);
    EXPECT_FALSE(decoded.ok());
    return decoded.ok() ? "" : decoded.error().message;
  }

  FixedSchemas schemas_;
  MsgpackDecoder decoder_;
};

MsgpackWriter Columns(std::size_t count, const char* measurement = "cpu") {
  MsgpackWriter writer;
  writer.Map(2).String("m").String(measurement).String("columns").Map(count);
  return writer;
}

// A row whose fields come next.
MsgpackWriter Fields(std::size_t count, const char* measurement = "cpu") {
  MsgpackWriter writer;
  writer.Map(2).String("m").String(measurement).String("fields").Map(count);
  return writer;
}

TEST_F(MsgpackDecoderTest, AColumnarItem) {
  auto body = Columns(6);
  body.String("time").Array(3).Int(1'700'000'000).Int(1'700'000'001).Int(1'700'000'002);
  body.String("host").Array(3).String("a").Nil().String("b");
  body.String("usage").Array(3).Double(0.5).Float(1.5f).Int(2);
  body.String("count").Array(3).Int(-1).Nil().Int(300);
  body.String("up").Array(3).Bool(true).Bool(false).Nil();
  body.String("nothing").Array(3).Nil().Nil().Nil();
  EXPECT_EQ(Stored(body),
            "cpu: time in [1700000000000000, 1700000002000000]\n"
            "  field string host\n"
            "  field float usage\n"
            "  field integer count\n"
            "  field boolean up\n"
            "  field null nothing\n"
            "  item 0 at 1700000000000000: \"a\" 0.5 -1 true null\n"
            "  item 0 at 1700000001000000: null 1.5 null false null\n"
            "  item 0 at 1700000002000000: \"b\" 2 300 null null\n"
            "0 rejected\n");
  EXPECT_THAT(Rejected(body), IsEmpty());
}

TEST_F(MsgpackDecoderTest, ARow) {
  MsgpackWriter body;
  body.Map(5).String("fields").Map(3).String("v").Double(1.5).String("n").Int(7).String("s");
  body.String("x").String("m").Int(7).String("h").Int(3).String("t").Int(5).String("tags").Map(5);
  body.String("a").Int(-1).String("b").Bool(true).String("c").Double(0.1).String("d").Nil();
  body.String("e").String("word");
  EXPECT_EQ(Stored(body),
            "measurement_7: time in [5000000, 5000000]\n"
            "  tag string host\n"
            "  tag string a\n"
            "  tag string b\n"
            "  tag string c\n"
            "  tag string e\n"
            "  field float v\n"
            "  field integer n\n"
            "  field string s\n"
            "  item 0 at 5000000: \"host_3\" \"-1\" \"true\" \"0.1\" \"word\" 1.5 7 \"x\"\n"
            "0 rejected\n");
}

TEST_F(MsgpackDecoderTest, TagsAreDictionaries) {
  MsgpackWriter body;
  body.Map(3).String("m").String("cpu").String("tags").Map(1).String("host").String("a");
  body.String("f").Array(2).Int(1).Double(2);
  const auto decoded = Decode(body);
  ASSERT_EQ(decoded.row_count(), 1u);
  const auto& columns = decoded.measurements[0].batch.columns;
  ASSERT_EQ(columns.size(), 3u);
  EXPECT_TRUE(std::holds_alternative<DictionaryValues>(columns[0].values));
  EXPECT_EQ(columns[0].role, ColumnRole::kTag);
  EXPECT_EQ(columns[1].name, "field_0");
  EXPECT_EQ(columns[2].name, "field_1");
  EXPECT_EQ(decoded.measurements[0].batch.times[0], kOptions.now_micros);
}

TEST_F(MsgpackDecoderTest, NoHostNoTag) {
  EXPECT_EQ(Stored(Fields(1).String("v").Int(1)),
            "cpu: time in [42, 42]\n  field integer v\n  item 0 at 42: 1\n0 rejected\n");
  MsgpackWriter null_host;
  null_host.Map(3).String("m").String("cpu").String("h").Nil().String("f").Array(1).Int(1);
  EXPECT_THAT(Stored(null_host), HasSubstr("item 0 at 42: 1\n"));
}

TEST_F(MsgpackDecoderTest, ItemsOfOneMeasurementAreOneBatch) {
  MsgpackWriter body;
  body.Map(1).String("batch").Array(4);
  body.Raw(Columns(2).String("v").Array(2).Int(1).Int(2).String("w").Array(2).Nil().Nil().bytes());
  body.Raw(Fields(1, "mem").String("v").Bool(true).bytes());
  body.Raw(Fields(2).String("x").String("s").String("V").Double(2.5).bytes());
  body.Raw(Columns(1).String("w").Array(1).Int(9).bytes());
  EXPECT_EQ(Stored(body),
            "cpu: time in [42, 42]\n"
            "  field float v\n"
            "  field integer w\n"
            "  field string x\n"
            "  item 0 at 42: 1 null null\n"
            "  item 0 at 42: 2 null null\n"
            "  item 2 at 42: 2.5 null \"s\"\n"
            "  item 3 at 42: null 9 null\n"
            "mem: time in [42, 42]\n"
            "  field boolean v\n"
            "  item 1 at 42: true\n"
            "0 rejected\n");
  EXPECT_EQ(Stored(MsgpackWriter().Array(4).Raw(body.bytes().substr(8))), Stored(body));
}

TEST_F(MsgpackDecoderTest, OneBadRowOfAColumnarItemIsRejectedAlone) {
  auto body = Columns(3);
  body.String("time").Array(4).Int(1).Int(2).Nil().Int(4);
  body.String("usage").Array(4).Double(0.5).String("much").Double(2).Int(4);
  body.String("host").Array(4).String("a").String("b").String("c").String("d");
  EXPECT_EQ(Stored(body),
            "cpu: time in [1000000, 4000000]\n"
            "  field float usage\n"
            "  field string host\n"
            "  item 0 at 1000000: 0.5 \"a\"\n"
            "  item 0 at 4000000: 4 \"d\"\n"
            "0 rejected\n");
  EXPECT_THAT(
      Rejected(body),
      ElementsAre("item 0, row 1: column \"usage\" of type float cannot hold a string: \"much\"",
                  "item 0, row 2: the time is null, not a number"));
}

// The type, the column and the spelling all come from the first row that is stored.
TEST_F(MsgpackDecoderTest, ARejectedRowLeavesNoTrace) {
  auto body = MsgpackWriter();
  body.Array(3);
  body.Raw(Fields(3).String("V").String("text").String("gone").Int(1).String("bad").Map(0).bytes());
  body.Raw(Fields(1).String("v").Int(1).bytes());
  body.Raw(Columns(2).String("time").Array(2).Nil().Int(1).bytes());
  body.String("w").Array(2).String("text").Int(5);
  EXPECT_EQ(Stored(body),
            "cpu: time in [42, 1000000]\n"
            "  field integer v\n"
            "  field integer w\n"
            "  item 1 at 42: 1 null\n"
            "  item 2 at 1000000: null 5\n"
            "0 rejected\n");
  EXPECT_THAT(Rejected(body), ElementsAre("item 0: column \"bad\" cannot hold a map: \"(a map)\"",
                                          "item 2, row 0: the time is null, not a number"));
}

TEST_F(MsgpackDecoderTest, TheSchemaDecidesTypeAndSpelling) {
  schemas_.Add("cpu", {{"Usage", ColumnType::kDouble},
                       {"count", ColumnType::kInt64},
                       {"note", ColumnType::kString},
                       {"unknown", ColumnType::kNull}});
  auto body = Columns(4);
  body.String("usage").Array(2).Int(1).Int(2);
  body.String("COUNT").Array(2).Double(1.5).Int(2);
  body.String("note").Array(2).Nil().Int(1);
  body.String("unknown").Array(2).Bool(true).Nil();
  EXPECT_EQ(Stored(body),
            "cpu: time in [42, 42]\n"
            "  field float Usage\n"
            "  field float count\n"
            "  field null note\n"
            "  field boolean unknown\n"
            "  item 0 at 42: 1 1.5 null true\n"
            "0 rejected\n");
  EXPECT_THAT(
      Rejected(body),
      ElementsAre("item 0, row 1: column \"note\" of type string cannot hold an integer: 1"));
}

TEST_F(MsgpackDecoderTest, ValuesThatNoColumnHolds) {
  auto body = Columns(1).String("v").Array(7);
  body.Unsigned(UINT64_MAX).Binary("text").Extension(-1, "abcd").Array(1).Int(1).Map(0);
  body.String("\xFF").Int(INT64_MAX);
  EXPECT_THAT(Stored(body), HasSubstr("item 0 at 42: 9223372036854775807\n0 rejected"));
  EXPECT_THAT(
      Rejected(body),
      ElementsAre(
          "item 0, row 0: column \"v\" cannot hold an integer beyond 9223372036854775807: "
          "18446744073709551615",
          "item 0, row 1: column \"v\" cannot hold binary data: \"(binary data, 4 bytes)\"",
          "item 0, row 2: column \"v\" cannot hold an extension value: \"(an extension value, 4 "
          "bytes)\"",
          "item 0, row 3: column \"v\" cannot hold an array: \"(an array)\"",
          "item 0, row 4: column \"v\" cannot hold a map: \"(a map)\"",
          "item 0, row 5: column \"v\" cannot hold a string that is not valid UTF-8: \"\uFFFD\""));
}

TEST_F(MsgpackDecoderTest, TagsTakeScalarsOnly) {
  MsgpackWriter body;
  body.Array(2);
  body.Map(3).String("m").String("cpu").String("f").Array(1).Int(1).String("tags").Map(1);
  body.String("a").Binary("x");
  body.Map(3).String("m").String("cpu").String("f").Array(1).Int(1).String("tags").Map(1);
  body.String("a").Unsigned(UINT64_MAX);
  EXPECT_THAT(Stored(body), HasSubstr("item 1 at 42: \"18446744073709551615\" 1\n"));
  EXPECT_THAT(
      Rejected(body),
      ElementsAre("item 0: column \"a\" cannot hold binary data: \"(binary data, 1 bytes)\""));
}

TEST_F(MsgpackDecoderTest, ATagAndAFieldOfOneName) {
  MsgpackWriter body;
  body.Map(3).String("m").String("cpu").String("tags").Map(1).String("host").String("a");
  body.String("fields").Map(2).String("Host").Int(1).String("v").Int(2);
  EXPECT_EQ(Stored(body),
            "cpu: time in [42, 42]\n"
            "  tag string host\n"
            "  field integer Host_value\n"
            "  field integer v\n"
            "  item 0 at 42: \"a\" 1 2\n"
            "0 rejected\n");

  MsgpackWriter taken;
  taken.Map(3).String("m").String("cpu").String("tags").Map(1).String("host").String("a");
  taken.String("fields").Map(2).String("host_value").Int(1).String("host").Int(2);
  EXPECT_THAT(Rejected(taken),
              ElementsAre("item 0: two columns named \"host_value\", ignoring case"));
}

TEST_F(MsgpackDecoderTest, NamesAreUniqueIgnoringCase) {
  EXPECT_THAT(Rejected(Columns(2).String("v").Array(1).Int(1).String("V").Array(1).Int(2)),
              ElementsAre("item 0: two columns named \"V\", ignoring case"));
  EXPECT_THAT(Rejected(Columns(2).String("v").Array(1).Map(0).String("V").Array(1).Int(2)),
              ElementsAre("item 0: two columns named \"V\", ignoring case"));
  EXPECT_THAT(Rejected(Fields(2).String("v").Int(1).String("v").Int(2)),
              ElementsAre("item 0: two columns named \"v\", ignoring case"));
  MsgpackWriter host_twice;
  host_twice.Map(4).String("m").String("cpu").String("f").Array(1).Int(1).String("h").String("a");
  host_twice.String("tags").Map(1).String("host").String("b");
  EXPECT_THAT(Rejected(host_twice),
              ElementsAre("item 0: two columns named \"host\", ignoring case"));
}

TEST_F(MsgpackDecoderTest, ItemsThatAreWrongAsSuch) {
  const auto rejection = [&](const MsgpackWriter& body) {
    const auto messages = Rejected(body);
    EXPECT_EQ(messages.size(), 1u);
    return messages.empty() ? "" : messages[0];
  };
  EXPECT_EQ(rejection(MsgpackWriter().Array(1).Int(1)),
            "item 0: an item must be a map, not an integer");
  EXPECT_EQ(rejection(MsgpackWriter().Map(0)), "item 0: no measurement: the key \"m\" is missing");
  EXPECT_EQ(rejection(MsgpackWriter().Map(1).String("m").Bool(true)),
            "item 0: \"m\" must be a string or an integer, not a boolean");
  EXPECT_THAT(rejection(Columns(0, "no spaces")),
              StartsWith("item 0: invalid measurement name \"no spaces\""));
  EXPECT_EQ(rejection(MsgpackWriter().Map(2).String("m").String("a").String("m").String("a")),
            "item 0: two keys \"m\"");
  EXPECT_EQ(rejection(Fields(0)), "item 0: no field");
  EXPECT_EQ(rejection(MsgpackWriter().Map(1).String("m").String("cpu")), "item 0: no field");
  EXPECT_EQ(rejection(MsgpackWriter().Map(1).String("columns").Array(1).Int(1)),
            "item 0: \"columns\" must be a map, not an array");
  EXPECT_EQ(rejection(MsgpackWriter().Map(1).String("f").Map(1).Int(1).Int(1)),
            "item 0: \"f\" must be an array, not a map");
  EXPECT_EQ(rejection(MsgpackWriter().Map(1).String("h").Double(1)),
            "item 0: \"h\" must be a string or an integer, not a float");
  EXPECT_EQ(rejection(Columns(1).String("v").Int(1)),
            "item 0: column \"v\" must be an array, not an integer");
  EXPECT_EQ(rejection(Columns(1).Int(1).Array(0)),
            "item 0: a key in \"columns\" is an integer, not a string");
  EXPECT_EQ(rejection(Columns(1).String("").Array(0)), "item 0: a key in \"columns\" is empty");
  EXPECT_EQ(rejection(Columns(1).String("\xFF").Array(0)),
            "item 0: a key in \"columns\" is a string that is not valid UTF-8, not a string");
  EXPECT_EQ(rejection(Columns(2).String("a").Array(1).Int(1).String("b").Array(0)),
            "item 0: column \"b\" has 0 values, \"a\" has 1");
  EXPECT_EQ(rejection(Columns(1).String("time").Array(1).Int(1)),
            "item 0: no column besides the time");
  EXPECT_EQ(rejection(Fields(1).String("Time").Int(1)), "item 0: a field cannot be named \"time\"");
  EXPECT_EQ(rejection(MsgpackWriter().Map(1).String("batch").Int(1)),
            "item 0: \"batch\" must be an array, not an integer");
  EXPECT_EQ(
      rejection(
          MsgpackWriter().Map(3).String("m").String("cpu").String("columns").Map(0).String("t").Int(
              1)),
      "item 0: \"columns\" cannot stand beside \"t\", \"h\", \"tags\", \"fields\", \"f\"");
}

TEST_F(MsgpackDecoderTest, BodiesWithNothingInThem) {
  for (const auto& body :
       {MsgpackWriter().Array(0), MsgpackWriter().Map(1).String("batch").Array(0), Columns(0),
        Columns(2).String("time").Array(0).String("v").Array(0)}) {
    const auto decoded = Decode(body);
    EXPECT_TRUE(decoded.measurements.empty());
    EXPECT_EQ(decoded.rejections.count, 0u);
  }
}

TEST_F(MsgpackDecoderTest, UnknownKeysAreIgnoredWhateverTheyHold) {
  MsgpackWriter body;
  body.Map(5).Int(1).Int(2).String("extra").Map(1).Array(1).Nil().Array(2).Int(1).Binary("x");
  body.Map(0).Nil().String("m").String("cpu").String("f").Array(1).Int(1);
  EXPECT_EQ(Stored(body),
            Stored(MsgpackWriter().Map(2).String("m").String("cpu").String("f").Array(1).Int(1)));
}

TEST_F(MsgpackDecoderTest, BodiesThatAreNotMessagePack) {
  EXPECT_EQ(FailureOf(""), "Invalid MessagePack payload: the value is cut short at byte 0");
  EXPECT_EQ(FailureOf("cpu usage=1"),
            "Invalid MessagePack payload: neither a map nor an array at byte 0");
  EXPECT_EQ(FailureOf(MsgpackWriter().Array(0).Int(1).bytes()),
            "Invalid MessagePack payload: bytes after the end at byte 1");
  EXPECT_EQ(FailureOf(std::string("\xDD\xFF\xFF\xFF\xFF", 5) + "12345"),
            "Invalid MessagePack payload: the value is cut short at byte 0");
  EXPECT_EQ(FailureOf(Columns(1).String("v").Byte(0xDD).BigEndian(0xFFFFFFFF, 4).bytes()),
            "Invalid MessagePack payload: the value is cut short at byte 18");
}

TEST_F(MsgpackDecoderTest, TimesThatAreNotBelievedAreRejectedByRow) {
  constexpr std::int64_t kNow = 1'796'000'000'000'000;
  const MsgpackOptions options{kNow, TimeRule{0, 315'576'000'000'000}.At(kNow)};
  auto body = MsgpackWriter();
  body.Array(4);
  body.Raw(
      Columns(2).String("time").Array(3).Int(1'772'323'200).Int(1'772'323'201'000).Int(-1).bytes());
  body.String("v").Array(3).Int(1).Int(2).Int(3);
  body.Map(3).String("m").String("cpu").String("t").Int(8'000'000'000).String("f").Array(1).Int(1);
  body.Map(3).String("m").String("late").String("t").Int(-5).String("f").Array(1).Int(1);
  body.Map(3).String("m").String("cpu").String("t").Int(1'772'323'202).String("f").Array(1).Int(4);
  EXPECT_EQ(FindDisagreement(body.bytes(), options, schemas_, decoder_), "");
  const auto decoded = decoder_.Decode(body.bytes(), options, schemas_).value();
  ASSERT_EQ(decoded.measurements.size(), 1u) << "what is refused leaves no trace";
  EXPECT_EQ(decoded.row_count(), 2u);
  std::vector<std::string> messages;
  for (const auto& rejection : decoded.rejections.first) {
    messages.push_back(rejection.message);
    EXPECT_EQ(rejection.kind, RefusalKind::kTime);
    EXPECT_EQ(LogTextOf(rejection), rejection.message);
  }
  EXPECT_THAT(
      messages,
      ElementsAre(
          "item 0, row 1: measurement \"cpu\", the time +58132-09-08T00:16:40Z is more "
          "than 10 years ahead (ingest.max_future): milliseconds among times in seconds?",
          "item 0, row 2: measurement \"cpu\", the time 1969-12-31T23:59:59Z is before "
          "1970-01-01T00:00:00Z (ingest.min_time)",
          "item 1: measurement \"cpu\", the time 2223-07-06T14:13:20Z is more than 10 years "
          "ahead (ingest.max_future)",
          "item 2: measurement \"late\", the time 1969-12-31T23:59:55Z is before "
          "1970-01-01T00:00:00Z (ingest.min_time)"));
  EXPECT_EQ(decoded.rejections.first[0].text, R"({"m": "cpu", "time": 1772323201000, "v": 2})");
  EXPECT_EQ(decoded.rejections.first[3].measurement, "late");
}

TEST_F(MsgpackDecoderTest, WhatIsRefusedIsShown) {
  auto body = MsgpackWriter();
  body.Array(2);
  body.Raw(Columns(2).String("time").Array(2).Int(1).Int(2).bytes());
  body.String("v").Array(2).Double(0.5).String("te\"xt\xFF");
  body.Map(2).String("n").Array(2).Nil().Bool(true).String("x").Map(1).Int(-1).Double(2.5);
  const auto decoded = Decode(body);
  ASSERT_EQ(decoded.rejections.first.size(), 2u);
  EXPECT_EQ(decoded.rejections.first[0].text,
            "{\"m\": \"cpu\", \"time\": 2, \"v\": \"te\\\"xt\uFFFD\"}");
  EXPECT_EQ(decoded.rejections.first[0].measurement, "cpu");
  EXPECT_EQ(decoded.rejections.first[1].text, R"({"n": [null, true], "x": {-1: 2.5}})");

  MsgpackWriter large;
  large.Map(1).String("columns").Map(1).String("v").Array(100'000);
  for (int i = 0; i < 100'000; i++) large.Int(7);
  const auto text = Decode(large).rejections.first.at(0).text;
  EXPECT_LT(text.size(), kShownTextMax + 10);
  EXPECT_TRUE(text.ends_with("..."));
}

TEST_F(MsgpackDecoderTest, OnlyTheFirstRejectionsAreTold) {
  auto body = Columns(1).String("v").Array(1000);
  for (int i = 0; i < 1000; i++) body.Map(0);
  const auto decoded = Decode(body);
  EXPECT_EQ(decoded.rejections.count, 1000u);
  EXPECT_EQ(decoded.rejections.first.size(), RejectionReport::kToldMax);
  EXPECT_EQ(decoded.rejections.first.back().message,
            "item 0, row 99: measurement \"cpu\", column \"v\" cannot hold a map: \"(a map)\"");
}

TEST_F(MsgpackDecoderTest, ColumnsOfAMeasurementAreLimited) {
  MsgpackWriter wide;
  wide.Raw(Columns(4097).bytes());
  for (int i = 0; i < 4097; i++) wide.String("c" + std::to_string(i)).Array(1).Int(1);
  EXPECT_THAT(Rejected(wide),
              ElementsAre("item 0: \"columns\" has 4097 entries: at most 4096 are allowed"));

  MsgpackWriter body;
  body.Array(2);
  body.Raw(Columns(4096).bytes());
  for (int i = 0; i < 4096; i++) body.String("c" + std::to_string(i)).Array(1).Int(1);
  body.Raw(Fields(2).String("c0").Int(2).String("new").Int(1).bytes());
  EXPECT_EQ(Decode(body).row_count(), 1u);
  EXPECT_THAT(
      Rejected(body),
      ElementsAre("item 1: column \"new\" would be one too many: at most 4096 are allowed"));
}

// Strings that hardly repeat are kept plain, with their NULLs; those that do, as a dictionary.
TEST_F(MsgpackDecoderTest, ADictionaryOnlyWhileItPays) {
  constexpr int kRows = 5000;
  auto body = Columns(2);
  body.String("id").Array(kRows);
  for (int i = 0; i < kRows; i++) {
    if (i % 100 == 0) {
      body.Nil();
    } else {
      body.String("request " + std::to_string(i));
    }
  }
  body.String("host").Array(kRows);
  for (int i = 0; i < kRows; i++) body.String("server" + std::to_string(i % 50));
  const auto decoded = Decode(body);
  ASSERT_EQ(decoded.row_count(), static_cast<std::uint64_t>(kRows));
  const auto& columns = decoded.measurements[0].batch.columns;
  EXPECT_TRUE(std::holds_alternative<StringValues>(columns[0].values));
  EXPECT_TRUE(std::holds_alternative<DictionaryValues>(columns[1].values));
}

}  // namespace
}  // namespace arc::ingest
