#include "data/encoding/arrow_column.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/compute/cast.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace arc::encoding {
namespace {

using Numbers = std::vector<std::optional<std::int64_t>>;

// An array of `type`, cast from integers.
std::shared_ptr<arrow::Array> ArrayOf(const std::shared_ptr<arrow::DataType>& type,
                                      const Numbers& values) {
  arrow::Int64Builder builder;
  for (const auto& value : values) {
    const auto appended = value ? builder.Append(*value) : builder.AppendNull();
    EXPECT_TRUE(appended.ok());
  }
  const auto integers = builder.Finish().ValueOrDie();
  if (type->id() == arrow::Type::DATE32 || arrow::is_decimal(type->id())) {
    const auto narrow = arrow::compute::Cast(*integers, arrow::int32()).ValueOrDie();
    return arrow::compute::Cast(*narrow, type).ValueOrDie();
  }
  return arrow::compute::Cast(*integers, type).ValueOrDie();
}

// "type: value value ..."
std::string Text(const std::shared_ptr<arrow::Array>& array,
                 std::optional<LongNumbers> long_numbers = {}) {
  const auto column = ColumnOf("c", array, long_numbers);
  if (!column.ok()) return column.error().message;
  std::string text(ToString(column.value().type()));
  text += ':';
  for (std::int64_t row = 0; row < array->length(); row++) {
    text += ' ' + ValueText(column.value(), static_cast<std::size_t>(row));
  }
  return text;
}

TEST(ArrowColumn, TakesEveryNumber) {
  for (const auto& type : {arrow::int8(), arrow::int16(), arrow::int32(), arrow::int64(),
                           arrow::uint8(), arrow::uint16(), arrow::uint32(), arrow::uint64()}) {
    EXPECT_EQ(Text(ArrayOf(type, {7, std::nullopt, 0})), "integer: 7 null 0") << type->ToString();
  }
  for (const auto& type : {arrow::float32(), arrow::float64(), arrow::decimal128(12, 2)}) {
    EXPECT_EQ(Text(ArrayOf(type, {7, std::nullopt})), "float: 7 null") << type->ToString();
  }
  EXPECT_EQ(Text(ArrayOf(arrow::boolean(), {1, 0, std::nullopt})), "boolean: true false null");
  EXPECT_EQ(Text(std::make_shared<arrow::NullArray>(2)), "null: null null");
}

TEST(ArrowColumn, RefusesAnIntegerThatDoesNotFit) {
  arrow::UInt64Builder builder;
  ASSERT_TRUE(builder.Append(std::numeric_limits<std::uint64_t>::max()).ok());
  const auto column = ColumnOf("c", builder.Finish().ValueOrDie(), {});
  ASSERT_FALSE(column.ok());
  EXPECT_EQ(column.error().code, ErrorCode::kUnprocessable);
}

TEST(ArrowColumn, TakesEveryKindOfText) {
  arrow::StringBuilder builder;
  ASSERT_TRUE(builder.AppendValues(std::vector<std::string>{"a", "", "\xC3\xA9"}).ok());
  ASSERT_TRUE(builder.AppendNull().ok());
  const auto texts = builder.Finish().ValueOrDie();
  for (const auto& type :
       {arrow::utf8(), arrow::large_utf8(), arrow::binary(), arrow::large_binary(),
        arrow::utf8_view(), arrow::dictionary(arrow::int32(), arrow::utf8())}) {
    const auto cast = arrow::compute::Cast(*texts, type).ValueOrDie();
    EXPECT_EQ(Text(cast), "string: \"a\" \"\" \"\xC3\xA9\" null") << type->ToString();
  }
}

TEST(ArrowColumn, RefusesBytesThatAreNoText) {
  arrow::BinaryBuilder builder;
  ASSERT_TRUE(builder.Append("\xFF").ok());
  EXPECT_FALSE(ColumnOf("c", builder.Finish().ValueOrDie(), {}).ok());
}

std::shared_ptr<arrow::Array> Decimals(std::int32_t precision, std::int32_t scale,
                                       const std::vector<std::string>& texts) {
  arrow::Decimal128Builder builder(arrow::decimal128(precision, scale));
  for (const auto& text : texts) {
    const auto number = arrow::Decimal128::FromString(text).ValueOrDie();
    EXPECT_TRUE(builder.Append(number).ok());
  }
  EXPECT_TRUE(builder.AppendNull().ok());
  return builder.Finish().ValueOrDie();
}

TEST(ArrowColumn, ADecimalLosesNoDigitInSilence) {
  const auto fine = Decimals(20, 2, {"1.10", "-999999999999999.75", "9007199254740992.00"});
  EXPECT_EQ(Text(fine), "float: 1.1 -999999999999999.8 9007199254740992 null");
  const auto spark = Decimals(38, 18, {"3.595807000000000000", "50.213523790000000000"});
  EXPECT_EQ(Text(spark), "float: 3.595807 50.21352379 null");
  const auto lossy = Decimals(20, 2, {"1.10", "99999999999999999.99"});
  EXPECT_EQ(Text(lossy),
            "column \"c\" of type decimal128(20, 2) holds 99999999999999999.99, which has more "
            "digits than a float keeps: import the file with long_numbers=text, which makes such "
            "columns texts, or long_numbers=round");
  EXPECT_EQ(Text(lossy, LongNumbers::kAsText), "string: \"1.10\" \"99999999999999999.99\" null");
  EXPECT_EQ(Text(lossy, LongNumbers::kRound), "float: 1.1 1e+17 null");
  EXPECT_EQ(Text(Decimals(15, 2, {"1.10"}), LongNumbers::kAsText), "float: 1.1 null");
}

TEST(ArrowColumn, InstantsAreMicroseconds) {
  using arrow::TimeUnit;
  EXPECT_EQ(Text(ArrayOf(arrow::timestamp(TimeUnit::SECOND), {-1, std::nullopt})),
            "integer: -1000000 null");
  EXPECT_EQ(Text(ArrayOf(arrow::timestamp(TimeUnit::MILLI), {-1})), "integer: -1000");
  EXPECT_EQ(Text(ArrayOf(arrow::timestamp(TimeUnit::MICRO, "UTC"), {-1})), "integer: -1");
  EXPECT_EQ(Text(ArrayOf(arrow::timestamp(TimeUnit::NANO), {-1, 1'999})), "integer: -1 1");
  EXPECT_EQ(Text(ArrayOf(arrow::date32(), {-1})), "integer: -86400000000");
  EXPECT_EQ(Text(ArrayOf(arrow::date64(), {86'400'000})), "integer: 86400000000");
  EXPECT_EQ(
      Text(ArrayOf(arrow::timestamp(TimeUnit::SECOND), {std::numeric_limits<std::int64_t>::max()})),
      "column \"c\": a time is out of range");
}

TEST(ArrowColumn, NamesColumnAndTypeThatItCannotTake) {
  EXPECT_EQ(Text(ArrayOf(arrow::duration(arrow::TimeUnit::SECOND), {1})),
            "column \"c\" has the unsupported type duration[s]");
  EXPECT_EQ(ColumnTypeOf("l", *arrow::list(arrow::int64()), {}).error().code,
            ErrorCode::kUnprocessable);
}

TEST(ArrowColumn, TimesComeFromInstantsNumbersAndTexts) {
  auto parser = TimeParser::ForFormat("").value();
  const auto refuse = [](std::size_t row, const std::string& reason) -> Result<void> {
    return Error{ErrorCode::kUnprocessable, std::to_string(row) + ": " + reason};
  };
  const auto instants = ArrayOf(arrow::timestamp(arrow::TimeUnit::MILLI), {5});
  EXPECT_EQ(TimesOf("t", instants, parser, refuse).value(), std::vector<std::int64_t>{5'000});
  EXPECT_EQ(TimesOf("t", ArrayOf(arrow::int32(), {5}), parser, refuse).value(),
            std::vector<std::int64_t>{5'000'000});
  EXPECT_EQ(TimesOf("t", ArrayOf(arrow::utf8(), {6}), parser, refuse).value(),
            std::vector<std::int64_t>{6'000'000});
  EXPECT_EQ(
      TimesOf("t", ArrayOf(arrow::int64(), {1, std::nullopt}), parser, refuse).error().message,
      "1: the time is missing");
  const auto leave_out = [](std::size_t, const std::string&) -> Result<void> { return {}; };
  EXPECT_EQ(TimesOf("t", ArrayOf(arrow::int64(), {std::nullopt, 1}), parser, leave_out).value(),
            (std::vector<std::int64_t>{0, 1'000'000}));
  EXPECT_FALSE(TimesOf("t", ArrayOf(arrow::boolean(), {1}), parser, refuse).ok());
  EXPECT_EQ(TimesOf("t", ArrayOf(arrow::timestamp(arrow::TimeUnit::MICRO), {kTimeMax + 1}), parser,
                    refuse)
                .error()
                .message,
            "0: \"9223372036854775807\" is outside the times that can be stored, 290309-12-22 BC "
            "to 294247-01-10");
}

TEST(ArrowColumn, DecimalTimesAreExact) {
  auto parser = TimeParser::ForFormat("epoch_s").value();
  const auto refuse = [](std::size_t, const std::string& reason) -> Result<void> {
    return Error{ErrorCode::kUnprocessable, reason};
  };
  const auto seconds = Decimals(20, 7, {"1704067200.1234567"})->Slice(0, 1);
  EXPECT_EQ(TimesOf("t", seconds, parser, refuse).value(),
            std::vector<std::int64_t>{1'704'067'200'123'456});
}

}  // namespace
}  // namespace arc::encoding
