#include "query/format/arrow_array.h"

#include <arrow/buffer.h>
#include <arrow/builder.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "foundation/text/parse_number.h"
#include "query/format/arrow_status.h"
#include "query/format/whole_number.h"

namespace arc::format {
namespace {

using engine::ResultColumn;
using engine::ResultColumnInfo;
using engine::ResultKind;
using ArrayPointer = std::shared_ptr<arrow::Array>;

std::shared_ptr<arrow::Buffer> View(const void* bytes, std::size_t size) {
  return std::make_shared<arrow::Buffer>(static_cast<const std::uint8_t*>(bytes),
                                         static_cast<std::int64_t>(size));
}

// Arrow keeps the validity of row i in bit i % 8 of byte i / 8. On little-endian machines our words
// of 64 rows have exactly these bytes.
std::shared_ptr<arrow::Buffer> Validity(const ResultColumn& column, std::size_t row_count) {
  if (column.validity == nullptr) return nullptr;
  return View(column.validity, (row_count + 63) / 64 * 8);
}

ArrayPointer ViewOf(const ResultColumn& column, const std::shared_ptr<arrow::DataType>& type,
                    std::size_t row_count) {
  const auto width = static_cast<std::size_t>(type->byte_width());
  auto data =
      arrow::ArrayData::Make(type, static_cast<std::int64_t>(row_count),
                             {Validity(column, row_count), View(column.values, row_count * width)});
  return arrow::MakeArray(std::move(data));
}

// Builds an array row by row; `append` adds a valid row's value.
template <class Builder, class Append>
Result<ArrayPointer> Build(const ResultColumn& column, std::size_t row_count, Append append) {
  Builder builder;
  auto status = builder.Reserve(static_cast<std::int64_t>(row_count));
  for (std::size_t row = 0; row < row_count && status.ok(); row++) {
    if (!column.IsValid(row)) {
      status = builder.AppendNull();
      continue;
    }
    if (auto failure = append(builder, row, status)) return *std::move(failure);
  }
  TRY(FromArrow(status));
  ArrayPointer array;
  TRY(FromArrow(builder.Finish(&array)));
  return array;
}

Result<std::shared_ptr<arrow::Buffer>> Allocate(std::size_t size) {
  auto buffer = arrow::AllocateBuffer(static_cast<std::int64_t>(size));
  TRY(FromArrow(buffer.status()));
  return std::shared_ptr<arrow::Buffer>(*std::move(buffer));
}

// Copies all bytes one after the other, with their offsets. Offsets of 32 bits are enough for one
// chunk.
Result<ArrayPointer> Texts(const ResultColumn& column, std::size_t row_count) {
  std::size_t size = 0;
  for (std::size_t row = 0; row < row_count; row++) {
    if (column.IsValid(row)) size += column.Text(row).size();
  }
  if (size > INT32_MAX) {
    return Error{ErrorCode::kTooLarge, "2,048 rows hold more than 2 GiB of text in a column"};
  }
  const auto offsets = TRY(Allocate((row_count + 1) * sizeof(std::int32_t)));
  const auto bytes = TRY(Allocate(size));
  auto* offset = reinterpret_cast<std::int32_t*>(offsets->mutable_data());
  auto* to = bytes->mutable_data();
  const auto* const begin = to;
  for (std::size_t row = 0; row < row_count; row++) {
    *offset++ = static_cast<std::int32_t>(to - begin);
    if (!column.IsValid(row)) continue;
    const auto text = column.Text(row);
    to = std::copy(text.begin(), text.end(), to);
  }
  *offset = static_cast<std::int32_t>(to - begin);
  return arrow::MakeArray(arrow::ArrayData::Make(arrow::utf8(),
                                                 static_cast<std::int64_t>(row_count),
                                                 {Validity(column, row_count), offsets, bytes}));
}

using Failure = std::optional<Error>;

Result<ArrayPointer> WholeNumbers(const ResultColumnInfo& info, const ResultColumn& column,
                                  std::size_t row_count) {
  return Build<arrow::Int64Builder>(
      column, row_count, [&](auto& builder, std::size_t row, arrow::Status& status) -> Failure {
        auto number = WholeNumber(info, column.Text(row));
        if (!number.ok()) return std::move(number).TakeError();
        status = builder.Append(number.value());
        return std::nullopt;
      });
}

Result<ArrayPointer> Decimals(const ResultColumn& column, std::size_t row_count) {
  return Build<arrow::DoubleBuilder>(
      column, row_count, [&](auto& builder, std::size_t row, arrow::Status& status) -> Failure {
        // It cannot fail: DuckDB's text of a decimal is always a number.
        status = builder.Append(ParseNumber<double>(column.Text(row)).value_or(0));
        return std::nullopt;
      });
}

}  // namespace

std::shared_ptr<arrow::DataType> ArrowTypeOf(const ResultColumnInfo& column) {
  switch (column.kind) {
    case ResultKind::kNull:
      return arrow::null();
    case ResultKind::kBool:
      return arrow::boolean();
    case ResultKind::kInt8:
      return arrow::int8();
    case ResultKind::kInt16:
      return arrow::int16();
    case ResultKind::kInt32:
      return arrow::int32();
    case ResultKind::kInt64:
      return arrow::int64();
    case ResultKind::kUint8:
      return arrow::uint8();
    case ResultKind::kUint16:
      return arrow::uint16();
    case ResultKind::kUint32:
      return arrow::uint32();
    case ResultKind::kUint64:
      return arrow::uint64();
    case ResultKind::kFloat:
      return arrow::float32();
    case ResultKind::kDouble:
      return arrow::float64();
    case ResultKind::kTimestampMicros:
      return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case ResultKind::kLocalMicros:
      return arrow::timestamp(arrow::TimeUnit::MICRO);
    case ResultKind::kLocalNanos:
      return arrow::timestamp(arrow::TimeUnit::NANO);
    case ResultKind::kDate:
      return arrow::date32();
    case ResultKind::kText:
      return arrow::utf8();
    case ResultKind::kNumberText:
      break;
  }
  return HasFraction(column) ? arrow::float64() : arrow::int64();
}

std::shared_ptr<arrow::Schema> ArrowSchemaOf(const std::vector<ResultColumnInfo>& columns) {
  arrow::FieldVector fields;
  for (const auto& column : columns) {
    fields.push_back(arrow::field(column.name, ArrowTypeOf(column)));
  }
  return arrow::schema(std::move(fields));
}

Result<ArrayPointer> ToArrowArray(const ResultColumnInfo& info, const ResultColumn& column,
                                  std::size_t row_count) {
  switch (info.kind) {
    case ResultKind::kNull:
      return ArrayPointer(std::make_shared<arrow::NullArray>(static_cast<std::int64_t>(row_count)));
    case ResultKind::kBool:
      return Build<arrow::BooleanBuilder>(
          column, row_count, [&](auto& builder, std::size_t row, arrow::Status& status) -> Failure {
            status = builder.Append(column.As<bool>()[row]);
            return std::nullopt;
          });
    case ResultKind::kText:
      return Texts(column, row_count);
    case ResultKind::kNumberText:
      return HasFraction(info) ? Decimals(column, row_count)
                               : WholeNumbers(info, column, row_count);
    default:
      return ViewOf(column, ArrowTypeOf(info), row_count);
  }
}

Result<std::shared_ptr<arrow::RecordBatch>> ToRecordBatch(
    const std::vector<ResultColumnInfo>& columns, const std::shared_ptr<arrow::Schema>& schema,
    const engine::ResultChunk& chunk) {
  arrow::ArrayVector arrays;
  for (std::size_t i = 0; i < columns.size(); i++) {
    arrays.push_back(TRY(ToArrowArray(columns[i], chunk.columns[i], chunk.row_count)));
  }
  return arrow::RecordBatch::Make(schema, static_cast<std::int64_t>(chunk.row_count),
                                  std::move(arrays));
}

}  // namespace arc::format
