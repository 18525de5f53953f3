#include "data/encoding/parquet_file.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/memory_pool.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>
#include <parquet/properties.h>

#include <algorithm>
#include <array>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "data/integrity/block_checksums.h"
#include "foundation/base/crc32c.h"

namespace arc::encoding {
namespace {

constexpr std::size_t kRowGroupRows = 122'880;
constexpr std::size_t kOutputBufferBytes = std::size_t{1} << 18;

struct CompressionWord {
  std::string_view word;
  Compression compression;
  parquet::Compression::type codec;
};
constexpr std::array<CompressionWord, 5> kCompressions = {{
    {"none", Compression::kNone, parquet::Compression::UNCOMPRESSED},
    {"snappy", Compression::kSnappy, parquet::Compression::SNAPPY},
    {"lz4", Compression::kLz4, parquet::Compression::LZ4},  // LZ4_RAW in the file
    {"zstd", Compression::kZstd, parquet::Compression::ZSTD},
    {"gzip", Compression::kGzip, parquet::Compression::GZIP},
}};

parquet::Compression::type CodecOf(Compression compression) {
  return std::find_if(kCompressions.begin(), kCompressions.end(),
                      [&](const auto& entry) { return entry.compression == compression; })
      ->codec;
}

// Arrow's stream into a file of ours: gathers small writes, and sums the checksums on the way.
// Bytes written after HoldBack() are kept in memory until Finish(), which puts the checksums of all
// blocks into the footer and writes the rest.
class Output : public arrow::io::OutputStream {
 public:
  explicit Output(fs::AppendFile& file) : file_(file) {}

  arrow::Status Write(const void* data, std::int64_t byte_count) override {
    const std::string_view bytes(static_cast<const char*>(data),
                                 static_cast<std::size_t>(byte_count));
    written_.byte_count += bytes.size();
    if (is_holding_back_) {
      held_back_ += bytes;
      return arrow::Status::OK();
    }
    if (buffer_.size() + bytes.size() > kOutputBufferBytes) ARROW_RETURN_NOT_OK(Flush());
    if (bytes.size() > kOutputBufferBytes) return Send(bytes);
    buffer_ += bytes;
    return arrow::Status::OK();
  }
  arrow::Status Flush() override {
    ARROW_RETURN_NOT_OK(Send(buffer_));
    buffer_.clear();
    return arrow::Status::OK();
  }
  arrow::Status Close() override {
    is_closed_ = true;
    return Flush();
  }
  bool closed() const override { return is_closed_; }
  arrow::Result<std::int64_t> Tell() const override {
    return static_cast<std::int64_t>(written_.byte_count);
  }

  void HoldBack() { is_holding_back_ = true; }

  // The end of the file: `held_back_` has the page indexes and the footer.
  arrow::Status Finish() {
    is_holding_back_ = false;
    const auto end = std::exchange(held_back_, {});
    const auto footer_bytes = integrity::FooterBytesOf(end);
    if (!footer_bytes || *footer_bytes > end.size()) {
      return arrow::Status::Invalid("the footer was not written in one piece");
    }
    const auto footer_offset = end.size() - *footer_bytes;
    written_.byte_count -= end.size();
    ARROW_RETURN_NOT_OK(Write(end.data(), static_cast<std::int64_t>(footer_offset)));
    ARROW_RETURN_NOT_OK(Flush());
    auto footer = integrity::PutBlockChecksums(end.substr(footer_offset), blocks_.Finish());
    if (!footer.ok()) return arrow::Status::Invalid(LogText(footer.error()));
    written_.footer_bytes = static_cast<std::uint32_t>(footer.value().size());
    written_.footer_checksum = Crc32c(0, footer.value());
    ARROW_RETURN_NOT_OK(
        Write(footer.value().data(), static_cast<std::int64_t>(footer.value().size())));
    return Flush();
  }

  // Complete once Finish() has succeeded.
  const WrittenFile& written() const { return written_; }

  // The error of the file, if that is why Arrow failed (a Status cannot carry it), else an error
  // that says that Arrow failed.
  Error ErrorOf(const std::string& status_text) const {
    if (file_error_) return *file_error_;
    return {ErrorCode::kInternal, "cannot write a Parquet file", status_text};
  }

 private:
  arrow::Status Send(std::string_view bytes) {
    written_.checksum = Crc32c(written_.checksum, bytes);
    blocks_.Add(bytes);
    if (auto appended = file_.Append(bytes); !appended.ok()) {
      file_error_ = std::move(appended).TakeError();
      return arrow::Status::IOError(LogText(*file_error_));
    }
    return arrow::Status::OK();
  }

  fs::AppendFile& file_;
  std::string buffer_;
  bool is_holding_back_ = false;
  std::string held_back_;
  integrity::BlockSummer blocks_;
  WrittenFile written_;  // byte_count includes the bytes that are buffered or held back
  std::optional<Error> file_error_;
  bool is_closed_ = false;
};

std::shared_ptr<arrow::DataType> TimeType() {
  return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
}

std::shared_ptr<arrow::DataType> ArrowTypeOf(ColumnType type) {
  switch (type) {
    case ColumnType::kBool:
      return arrow::boolean();
    case ColumnType::kInt64:
      return arrow::int64();
    case ColumnType::kDouble:
      return arrow::float64();
    case ColumnType::kString:
      return arrow::utf8();
    case ColumnType::kNull:
      break;
  }
  return nullptr;
}

// Leaves out the columns that never had a value.
std::shared_ptr<arrow::Schema> ArrowSchemaOf(const RowSchema& schema) {
  arrow::FieldVector fields = {arrow::field("time", TimeType(), /*nullable=*/false)};
  for (const auto& column : schema.columns()) {
    if (column.type == ColumnType::kNull) continue;
    fields.push_back(arrow::field(column.name, ArrowTypeOf(column.type)));
  }
  return arrow::schema(std::move(fields));
}

std::shared_ptr<parquet::WriterProperties> WriterPropertiesOf(const RowSchema& schema,
                                                              Compression compression) {
  parquet::WriterProperties::Builder builder;
  builder.compression(CodecOf(compression))
      ->created_by("arc")
      ->max_row_group_length(static_cast<std::int64_t>(kRowGroupRows))
      ->disable_dictionary()
      ->encoding("time", parquet::Encoding::DELTA_BINARY_PACKED);
  for (const auto& column : schema.columns()) {
    if (column.type == ColumnType::kString) builder.enable_dictionary(column.name);
    if (column.type == ColumnType::kInt64) {
      builder.encoding(column.name, parquet::Encoding::DELTA_BINARY_PACKED);
    }
  }
  return builder.build();
}

// Names joined with ',', in which ',' and '\' are written with a '\' before them.
std::string JoinNames(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  std::string joined;
  for (const auto& name : names) {
    if (&name != &names.front()) joined += ',';
    for (const char c : name) {
      if (c == ',' || c == '\\') joined += '\\';
      joined += c;
    }
  }
  return joined;
}

// An import does not know how many files it will have when it writes the first.
std::string PartText(const FileLabels& labels) {
  if (labels.max_lsn == kLsnZero) return "";
  return fmt::format("{}/{}", labels.part, labels.part_count);
}

std::shared_ptr<const arrow::KeyValueMetadata> MetadataOf(const RowSchema& schema,
                                                          const FileLabels& labels) {
  std::vector<std::string> tags;
  for (const auto& column : schema.columns()) {
    if (column.role == ColumnRole::kTag) tags.push_back(column.name);
  }
  const auto id = static_cast<std::uint64_t>(labels.measurement_id);
  return arrow::key_value_metadata({{"arc:format", "1"},
                                    {"arc:measurement_id", std::to_string(id)},
                                    {"arc:tags", JoinNames(std::move(tags))},
                                    {"arc:min_lsn", std::to_string(ToNumber(labels.min_lsn))},
                                    {"arc:max_lsn", std::to_string(ToNumber(labels.max_lsn))},
                                    {"arc:part", PartText(labels)},
                                    {"arc:replaces", ""},
                                    {integrity::kBlockChecksumsKey,  // must be the last
                                     integrity::kBlockChecksumsPlaceholder}});
}

std::shared_ptr<arrow::Array> TimeArray(std::span<const std::int64_t> times) {
  const auto bytes = std::as_bytes(times);
  return std::make_shared<arrow::TimestampArray>(
      TimeType(), static_cast<std::int64_t>(times.size()),
      std::make_shared<arrow::Buffer>(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                      static_cast<std::int64_t>(bytes.size())));
}

// Arrow's writer closes its file when it is destroyed. If an exception (std::bad_alloc) has left it
// half way, it then reads page indexes that it has not made, and the process ends. So when an
// exception passes, the writer is not destroyed; its memory is lost.
class WriterOwner {
 public:
  explicit WriterOwner(std::unique_ptr<parquet::arrow::FileWriter> writer)
      : writer_(std::move(writer)), exception_count_(std::uncaught_exceptions()) {}
  WriterOwner(const WriterOwner&) = delete;
  WriterOwner& operator=(const WriterOwner&) = delete;
  ~WriterOwner() {
    if (std::uncaught_exceptions() > exception_count_) static_cast<void>(writer_.release());
  }

  parquet::arrow::FileWriter& operator*() const { return *writer_; }
  parquet::arrow::FileWriter* operator->() const { return writer_.get(); }

 private:
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
  const int exception_count_;
};

arrow::Status WriteRowGroup(parquet::arrow::FileWriter& writer, const RowSchema& schema,
                            const SourceColumns& columns, const FileRows& rows) {
  ARROW_RETURN_NOT_OK(writer.NewRowGroup());
  ARROW_RETURN_NOT_OK(writer.WriteColumnChunk(*TimeArray(rows.times)));
  const auto runs = RangesOf(rows.rows);
  for (std::size_t c = 0; c < schema.columns().size(); c++) {
    const auto& column = schema.columns()[c];
    if (column.type == ColumnType::kNull) continue;
    ARROW_RETURN_NOT_OK(writer.WriteColumnChunk(*GatherColumn(column, columns.Of(c), runs)));
  }
  return arrow::Status::OK();
}

arrow::Status WriteRows(const std::shared_ptr<Output>& output, const RowSchema& schema,
                        const SourceColumns& columns, const FileRows& rows,
                        const FileLabels& labels, Compression compression) {
  ARROW_ASSIGN_OR_RAISE(auto opened, parquet::arrow::FileWriter::Open(
                                         *ArrowSchemaOf(schema), arrow::default_memory_pool(),
                                         output, WriterPropertiesOf(schema, compression)));
  const WriterOwner writer(std::move(opened));
  for (std::size_t begin = 0; begin < rows.rows.size(); begin += kRowGroupRows) {
    const auto count = std::min(kRowGroupRows, rows.rows.size() - begin);
    ARROW_RETURN_NOT_OK(
        WriteRowGroup(*writer, schema, columns,
                      {rows.times.subspan(begin, count), rows.rows.subspan(begin, count)}));
  }
  ARROW_RETURN_NOT_OK(writer->AddKeyValueMetadata(MetadataOf(schema, labels)));
  output->HoldBack();
  ARROW_RETURN_NOT_OK(writer->Close());
  return output->Finish();
}

}  // namespace

Result<Compression> ParseCompression(std::string_view word) {
  for (const auto& entry : kCompressions) {
    if (entry.word == word) return entry.compression;
  }
  return Error{ErrorCode::kInvalidInput,
               fmt::format("compression must be none, snappy, lz4, zstd or gzip, not {}", word)};
}

Result<WrittenFile> WriteParquetFile(fs::AppendFile& file, const RowSchema& schema,
                                     const SourceColumns& columns, const FileRows& rows,
                                     const FileLabels& labels, Compression compression) {
  const auto output = std::make_shared<Output>(file);
  try {
    const auto status = WriteRows(output, schema, columns, rows, labels, compression);
    if (!status.ok()) return output->ErrorOf(status.ToString());
  } catch (const std::exception& exception) {
    return output->ErrorOf(exception.what());
  }
  return output->written();
}

}  // namespace arc::encoding
