#include "data/encoding/read_back.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/io/file.h>
#include <arrow/io/memory.h>
#include <arrow/memory_pool.h>
#include <arrow/scalar.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <arrow/util/compression.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <memory>
#include <utility>

namespace arc::encoding {
namespace {

std::string CellText(const arrow::ChunkedArray& column, std::int64_t row) {
  const auto scalar = column.GetScalar(row).ValueOrDie();
  if (!scalar->is_valid) return "null";
  switch (scalar->type->id()) {
    case arrow::Type::TIMESTAMP:
      return std::to_string(static_cast<const arrow::TimestampScalar&>(*scalar).value);
    case arrow::Type::DOUBLE:
      return fmt::format("{}", static_cast<const arrow::DoubleScalar&>(*scalar).value);
    case arrow::Type::STRING:
      return '"' + scalar->ToString() + '"';
    default:
      return scalar->ToString();
  }
}

std::vector<std::string> EncodingsOf(const parquet::FileMetaData& metadata) {
  std::vector<std::string> encodings;
  if (metadata.num_row_groups() == 0) return encodings;
  const auto group = metadata.RowGroup(0);
  for (int i = 0; i < group->num_columns(); i++) {
    const auto chunk = group->ColumnChunk(i);
    auto text = chunk->path_in_schema()->ToDotString() + ": " +
                arrow::util::Codec::GetCodecAsString(chunk->compression());
    for (const auto& page : chunk->encoding_stats()) {
      if (page.page_type != parquet::PageType::DICTIONARY_PAGE) {
        text += ", " + parquet::EncodingToString(page.encoding);
      }
    }
    encodings.push_back(std::move(text));
  }
  return encodings;
}

ReadBack Read(std::shared_ptr<arrow::io::RandomAccessFile> file) {
  ReadBack result;
  auto opened = parquet::arrow::OpenFile(std::move(file), arrow::default_memory_pool());
  EXPECT_TRUE(opened.ok()) << opened.status().ToString();
  if (!opened.ok()) return result;
  const auto reader = std::move(opened).ValueUnsafe();
  result.encodings = EncodingsOf(*reader->parquet_reader()->metadata());
  const auto labels = reader->parquet_reader()->metadata()->key_value_metadata();
  for (std::int64_t i = 0; i < labels->size(); i++)
    result.labels[labels->key(i)] = labels->value(i);
  const auto read = reader->ReadTable();
  EXPECT_TRUE(read.ok()) << read.status().ToString();
  if (!read.ok()) return result;
  const auto& table = read.ValueUnsafe();
  EXPECT_TRUE(table->ValidateFull().ok());
  for (const auto& field : table->schema()->fields()) result.columns.push_back(field->ToString());
  for (std::int64_t row = 0; row < table->num_rows(); row++) {
    std::string text;
    for (const auto& column : table->columns()) {
      if (!text.empty()) text += ' ';
      text += CellText(*column, row);
    }
    result.rows.push_back(std::move(text));
  }
  return result;
}

}  // namespace

ReadBack ReadParquetFile(const std::string& path) {
  const auto file = arrow::io::ReadableFile::Open(path);
  EXPECT_TRUE(file.ok()) << file.status().ToString();
  return file.ok() ? Read(file.ValueUnsafe()) : ReadBack();
}

ReadBack ReadParquetBytes(const std::string& bytes) {
  return Read(std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes)));
}

}  // namespace arc::encoding
