#include "query/format/arrow_format.h"

#include <arrow/record_batch.h>
#include <arrow/util/compression.h>

#include <utility>

#include "query/format/arrow_array.h"
#include "query/format/arrow_status.h"
#include "query/format/string_stream.h"

namespace arc::format {
namespace {

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

ArrowFormat::ArrowFormat(const FormatOptions& options)
    : compression_(options.arrow_compression),
      has_dictionaries_(options.has_arrow_dictionaries),
      stream_(std::make_shared<StringStream>()) {}

ArrowFormat::~ArrowFormat() = default;

Result<void> ArrowFormat::Begin(std::string&,
                                const std::vector<engine::ResultColumnInfo>& columns) {
  columns_ = columns;
  dictionaries_.resize(columns.size());
  schema_ = ArrowSchemaOf(columns);
  return {};
}

Result<void> ArrowFormat::OpenWriter() {
  auto options = WriteOptions(compression_);
  if (!options.ok()) return FromArrow(options.status());
  auto writer = arrow::ipc::MakeStreamWriter(stream_, schema_, *options);
  if (!writer.ok()) return FromArrow(writer.status());
  writer_ = *std::move(writer);
  return {};
}

void ArrowFormat::ChooseDictionaries(const engine::ResultChunk& chunk) {
  auto fields = schema_->fields();
  for (std::size_t i = 0; i < columns_.size(); i++) {
    if (columns_[i].kind != engine::ResultKind::kText) continue;
    if (!TextDictionary::IsWorthIt(chunk.columns[i], chunk.row_count)) continue;
    dictionaries_[i] = std::make_unique<TextDictionary>();
    fields[i] = fields[i]->WithType(arrow::dictionary(arrow::int32(), arrow::utf8()));
  }
  schema_ = arrow::schema(std::move(fields));
}

Result<std::shared_ptr<arrow::RecordBatch>> ArrowFormat::BatchOf(const engine::ResultChunk& chunk) {
  arrow::ArrayVector arrays;
  for (std::size_t i = 0; i < columns_.size(); i++) {
    arrays.push_back(dictionaries_[i]
                         ? TRY(dictionaries_[i]->Encode(chunk.columns[i], chunk.row_count))
                         : TRY(ToArrowArray(columns_[i], chunk.columns[i], chunk.row_count)));
  }
  return arrow::RecordBatch::Make(schema_, static_cast<std::int64_t>(chunk.row_count),
                                  std::move(arrays));
}

Result<void> ArrowFormat::Rows(std::string& out, const engine::ResultChunk& chunk) {
  stream_->SetTarget(out);
  if (!writer_) {
    if (has_dictionaries_) ChooseDictionaries(chunk);
    TRY(OpenWriter());
  }
  const auto batch = TRY(BatchOf(chunk));
  return FromArrow(writer_->WriteRecordBatch(*batch));
}

Result<void> ArrowFormat::End(std::string& out, const Outcome&) {
  stream_->SetTarget(out);
  if (!writer_) TRY(OpenWriter());
  return FromArrow(writer_->Close());
}

}  // namespace arc::format
