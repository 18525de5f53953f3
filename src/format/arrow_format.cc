#include "format/arrow_format.h"

#include <arrow/io/interfaces.h>
#include <arrow/record_batch.h>
#include <arrow/util/compression.h>

#include <utility>

#include "format/arrow_array.h"

namespace arc::format {
namespace {

Result<void> FromStatus(const arrow::Status& status) {
  if (status.ok()) return {};
  return Error{ErrorCode::kInternal, status.ToString()};
}

arrow::Result<arrow::ipc::IpcWriteOptions> WriteOptions(ArrowCompression compression) {
  auto options = arrow::ipc::IpcWriteOptions::Defaults();
  options.use_threads = false;
  if (compression == ArrowCompression::kNone) return options;
  const auto codec = compression == ArrowCompression::kZstd ? arrow::Compression::ZSTD
                                                            : arrow::Compression::LZ4_FRAME;
  ARROW_ASSIGN_OR_RAISE(options.codec, arrow::util::Codec::Create(codec));
  return options;
}

}  // namespace

// Appends to the string of the present call.
class ArrowFormat::Sink : public arrow::io::OutputStream {
 public:
  void SetTarget(std::string& out) { out_ = &out; }

  using arrow::io::OutputStream::Write;
  arrow::Status Write(const void* bytes, std::int64_t size) override {
    out_->append(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
    position_ += size;
    return arrow::Status::OK();
  }
  arrow::Status Close() override { return arrow::Status::OK(); }
  arrow::Result<std::int64_t> Tell() const override { return position_; }
  bool closed() const override { return false; }

 private:
  std::string* out_ = nullptr;
  std::int64_t position_ = 0;
};

ArrowFormat::ArrowFormat(const FormatOptions& options)
    : compression_(options.arrow_compression), sink_(std::make_shared<Sink>()) {}

ArrowFormat::~ArrowFormat() = default;

Result<void> ArrowFormat::Begin(std::string& out,
                                const std::vector<engine::ResultColumnInfo>& columns) {
  columns_ = columns;
  arrow::FieldVector fields;
  for (const auto& column : columns) {
    fields.push_back(arrow::field(column.name, ArrowTypeOf(column)));
  }
  schema_ = arrow::schema(std::move(fields));
  sink_->SetTarget(out);
  auto options = WriteOptions(compression_);
  if (!options.ok()) return FromStatus(options.status());
  auto writer = arrow::ipc::MakeStreamWriter(sink_, schema_, *options);
  if (!writer.ok()) return FromStatus(writer.status());
  writer_ = *std::move(writer);
  return {};
}

Result<void> ArrowFormat::Rows(std::string& out, const engine::ResultChunk& chunk) {
  arrow::ArrayVector arrays;
  for (std::size_t i = 0; i < columns_.size(); i++) {
    arrays.push_back(
        TRY(ToArrowArray(columns_[i], chunk.columns[i], schema_->field(static_cast<int>(i))->type(),
                         chunk.row_count)));
  }
  const auto batch = arrow::RecordBatch::Make(schema_, static_cast<std::int64_t>(chunk.row_count),
                                              std::move(arrays));
  sink_->SetTarget(out);
  return FromStatus(writer_->WriteRecordBatch(*batch));
}

Result<void> ArrowFormat::End(std::string& out, const Outcome&) {
  sink_->SetTarget(out);
  return FromStatus(writer_->Close());
}

}  // namespace arc::format
