#include "data/ingest/msgpack/reader.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "foundation/testing/msgpack_writer.h"

namespace arc::ingest::msgpack {
namespace {

using arc::testing::MsgpackWriter;

// The value points into `writer`.
Value ReadOne(const MsgpackWriter& writer) {
  Reader reader(writer.bytes());
  Value value;
  EXPECT_TRUE(reader.Read(0, value));
  EXPECT_TRUE(reader.at_end());
  return value;
}

std::string FailureOf(const std::string& bytes) {
  Reader reader(bytes);
  Value value;
  EXPECT_FALSE(reader.ReadWhole(0, value));
  EXPECT_FALSE(reader.Read(0, value)) << "a failure is for ever";
  return reader.TakeError().message;
}

TEST(ReaderTest, IntegersOfEveryWidth) {
  for (const std::int64_t number : {INT64_MIN,
                                    std::int64_t{INT32_MIN} - 1,
                                    std::int64_t{INT32_MIN},
                                    std::int64_t{-32769},
                                    std::int64_t{-32768},
                                    std::int64_t{-129},
                                    std::int64_t{-128},
                                    std::int64_t{-33},
                                    std::int64_t{-32},
                                    std::int64_t{-1},
                                    std::int64_t{0},
                                    std::int64_t{127},
                                    std::int64_t{128},
                                    std::int64_t{255},
                                    std::int64_t{256},
                                    std::int64_t{65535},
                                    std::int64_t{65536},
                                    std::int64_t{UINT32_MAX},
                                    std::int64_t{UINT32_MAX} + 1,
                                    INT64_MAX}) {
    const auto value = ReadOne(MsgpackWriter().Int(number));
    EXPECT_EQ(value.kind, Kind::kInteger) << number;
    EXPECT_EQ(value.integer, number);
    const auto wide = ReadOne(MsgpackWriter().Int64(number));
    EXPECT_EQ(wide.integer, number);
  }
  const auto huge = ReadOne(MsgpackWriter().Unsigned(std::uint64_t{INT64_MAX} + 1));
  EXPECT_EQ(huge.kind, Kind::kHugeInteger);
  EXPECT_EQ(huge.huge_integer, std::uint64_t{INT64_MAX} + 1);
}

TEST(ReaderTest, OtherScalars) {
  EXPECT_EQ(ReadOne(MsgpackWriter().Nil()).kind, Kind::kNull);
  EXPECT_TRUE(ReadOne(MsgpackWriter().Bool(true)).boolean);
  EXPECT_FALSE(ReadOne(MsgpackWriter().Bool(false)).boolean);
  EXPECT_EQ(ReadOne(MsgpackWriter().Double(-1.25)).number, -1.25);
  const auto single = ReadOne(MsgpackWriter().Float(0.5f));
  EXPECT_EQ(single.kind, Kind::kFloat);
  EXPECT_EQ(single.number, 0.5);
}

TEST(ReaderTest, StringsBinaryAndExtensionsOfEverySize) {
  for (const std::size_t size : {0, 1, 2, 3, 4, 7, 8, 9, 16, 17, 31, 32, 255, 256, 65535, 65536}) {
    SCOPED_TRACE(size);
    const std::string data(size, 'x');
    const auto text = MsgpackWriter().String(data);
    EXPECT_EQ(ReadOne(text).kind, Kind::kString);
    EXPECT_TRUE(ReadOne(text).bytes == data);
    const auto binary = MsgpackWriter().Binary(data);
    EXPECT_EQ(ReadOne(binary).kind, Kind::kBinary);
    EXPECT_TRUE(ReadOne(binary).bytes == data);
    const auto extension = MsgpackWriter().Extension(-7, data);
    EXPECT_EQ(ReadOne(extension).kind, Kind::kExtension);
    EXPECT_EQ(ReadOne(extension).extension_type, -7);
    EXPECT_TRUE(ReadOne(extension).bytes == data);
  }
}

// One bad byte, at every place of strings of many lengths.
TEST(ReaderTest, StringsThatAreNotUtf8AreFound) {
  EXPECT_EQ(ReadOne(MsgpackWriter().String("Zürich, 東京")).kind, Kind::kString);
  for (std::size_t size = 1; size < 40; size++) {
    for (std::size_t at = 0; at < size; at++) {
      std::string text(size, 'x');
      text[at] = '\xFF';
      EXPECT_EQ(ReadOne(MsgpackWriter().String(text)).kind, Kind::kBadString);
    }
  }
}

TEST(ReaderTest, ContainersGiveTheirCount) {
  for (const std::size_t count : {0, 1, 15, 16, 65535, 65536}) {
    MsgpackWriter array;
    array.Array(count);
    for (std::size_t i = 0; i < count; i++) array.Nil();
    Value value;
    Reader reader(array.bytes());
    ASSERT_TRUE(reader.Read(0, value));
    EXPECT_EQ(value.kind, Kind::kArray);
    EXPECT_EQ(value.count, count);
    EXPECT_TRUE(reader.SkipContents(0, value));
    EXPECT_TRUE(reader.at_end());

    MsgpackWriter map;
    map.Map(count);
    for (std::size_t i = 0; i < count; i++) map.Nil().Array(1).Nil();
    Reader map_reader(map.bytes());
    ASSERT_TRUE(map_reader.Read(0, value));
    EXPECT_EQ(value.kind, Kind::kMap);
    EXPECT_EQ(value.count, count);
    EXPECT_TRUE(map_reader.SkipContents(0, value));
    EXPECT_TRUE(map_reader.at_end());
  }
}

TEST(ReaderTest, FailuresSayWhatAndWhere) {
  EXPECT_EQ(FailureOf(""), "Invalid MessagePack payload: the value is cut short at byte 0");
  EXPECT_EQ(FailureOf("\xC1"),
            "Invalid MessagePack payload: a byte that begins no value at byte 0");
  EXPECT_EQ(FailureOf(MsgpackWriter().Array(2).Int(1).bytes()),
            "Invalid MessagePack payload: the value is cut short at byte 0");
  EXPECT_EQ(FailureOf(MsgpackWriter().Array(3).Int(1).Double(2).bytes()),
            "Invalid MessagePack payload: the value is cut short at byte 11");
  EXPECT_EQ(FailureOf(MsgpackWriter().Array(2).Int(1).Byte(0xCB).bytes()),
            "Invalid MessagePack payload: the value is cut short at byte 2");
}

TEST(ReaderTest, HeadersThatClaimTooMuchFail) {
  for (const int tag : {0xC6, 0xC9, 0xDB, 0xDD, 0xDF}) {
    const auto bytes = MsgpackWriter().Byte(tag).BigEndian(0xFFFFFFFF, 4).Raw("xxxxx").bytes();
    EXPECT_EQ(FailureOf(bytes), "Invalid MessagePack payload: the value is cut short at byte 0");
  }
}

TEST(ReaderTest, NestingIsLimited) {
  const auto deepest = std::string(31, '\x91') + "\x90";
  Reader reader(deepest);
  EXPECT_TRUE(reader.Skip(0));
  EXPECT_TRUE(reader.at_end());
  EXPECT_EQ(FailureOf(std::string(32, '\x91') + "\x90"),
            "Invalid MessagePack payload: more than 32 levels of arrays and maps at byte 32");
  std::string maps;
  for (int i = 0; i < 1000; i++) maps += std::string("\x81\xC0", 2);
  EXPECT_EQ(FailureOf(maps),
            "Invalid MessagePack payload: more than 32 levels of arrays and maps at byte 64");
}

TEST(ReaderTest, SkippingTellsTheKinds) {
  MsgpackWriter values;
  values.Double(1).Double(2).Int(-5).Array(2).Bool(true).Nil().String("x").Nil();
  values.Unsigned(UINT64_MAX).Float(1);
  Reader reader(values.bytes());
  KindSet kinds;
  ASSERT_TRUE(reader.SkipValues(0, 8, kinds));
  EXPECT_TRUE(reader.at_end());
  for (const auto kind : {Kind::kFloat, Kind::kInteger, Kind::kArray, Kind::kString, Kind::kNull,
                          Kind::kHugeInteger}) {
    EXPECT_TRUE(kinds.Has(kind)) << Describe(kind);
  }
  EXPECT_FALSE(kinds.Has(Kind::kBool)) << "what is inside does not count";
  EXPECT_FALSE(kinds.IsOnly(Kind::kFloat));
}

// Values of every shape, each cut at every byte, through each way of reading.
TEST(ReaderTest, AValueCutAnywhereFails) {
  const std::string text(300, 'x');
  for (const auto& written :
       {MsgpackWriter().Int(200), MsgpackWriter().Int(70'000), MsgpackWriter().Int64(1),
        MsgpackWriter().Int(-200), MsgpackWriter().Unsigned(UINT64_MAX), MsgpackWriter().Double(1),
        MsgpackWriter().Float(1), MsgpackWriter().String("abc"), MsgpackWriter().String(text),
        MsgpackWriter().Binary("abc"), MsgpackWriter().Extension(1, "abcd"),
        MsgpackWriter().Extension(1, "abc"), MsgpackWriter().Array(2).Int(1).String("abc"),
        MsgpackWriter().Map(1).Nil().Map(1).Nil().Double(1)}) {
    const auto& bytes = written.bytes();
    for (std::size_t size = 0; size < bytes.size(); size++) {
      const auto cut = bytes.substr(0, size);
      Value value;
      KindSet kinds;
      EXPECT_FALSE(Reader(cut).ReadWhole(0, value)) << size << " of " << bytes.size();
      EXPECT_FALSE(Reader(cut).SkipValues(0, 1, kinds)) << size << " of " << bytes.size();
    }
    KindSet kinds;
    EXPECT_TRUE(Reader(bytes).SkipValues(0, 1, kinds));
  }
}

TEST(ReaderTest, LongNamesAreCutBetweenCharacters) {
  EXPECT_EQ(Quoted("usage"), "\"usage\"");
  EXPECT_EQ(Quoted(std::string(64, 'x')), "\"" + std::string(64, 'x') + "\"");
  EXPECT_EQ(Quoted(std::string(63, 'x') + "üü"), "\"" + std::string(63, 'x') + "...\"");
}

}  // namespace
}  // namespace arc::ingest::msgpack
