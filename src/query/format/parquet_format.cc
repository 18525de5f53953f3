#include "query/format/parquet_format.h"

#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>
#include <parquet/properties.h>

#include <utility>

#include "query/format/arrow_array.h"
#include "query/format/arrow_status.h"
#include "query/format/string_stream.h"

namespace arc::format {
namespace {

constexpr std::size_t kGroupRowsMax = 122'880;
constexpr std::size_t kGroupBytesMax = 16 << 20;

// Parquet's own functions throw, beside returning Arrow's statuses.
template <class Call>
Result<void> Guarded(Call call) {
  try {
    return call();
  } catch (const parquet::ParquetException& exception) {
    return Error{ErrorCode::kInternal, "cannot write Parquet", exception.what()};
  }
}

}  // namespace

ParquetFormat::ParquetFormat() : stream_(std::make_shared<StringStream>()) {}

// The writer's destructor writes the end of the file, also after a failure. Those bytes are
// dropped.
ParquetFormat::~ParquetFormat() { stream_->Discard(); }

Result<void> ParquetFormat::Begin(std::string& out,
                                  const std::vector<engine::ResultColumnInfo>& columns) {
  columns_ = columns;
  schema_ = ArrowSchemaOf(columns);
  stream_->SetTarget(out);
  parquet::WriterProperties::Builder properties;
  properties.compression(parquet::Compression::ZSTD)->compression_level(1);
  properties.max_row_group_length(kGroupRowsMax);
  // Dictionaries of numbers save little and need more memory than the rows.
  properties.disable_dictionary();
  for (const auto& column : columns) {
    if (column.kind == engine::ResultKind::kText) properties.enable_dictionary(column.name);
  }
  return Guarded([&]() -> Result<void> {
    auto writer = parquet::arrow::FileWriter::Open(*schema_, arrow::default_memory_pool(), stream_,
                                                   properties.build());
    if (!writer.ok()) return FromArrow(writer.status());
    writer_ = *std::move(writer);
    return {};
  });
}

Result<void> ParquetFormat::Rows(std::string& out, const engine::ResultChunk& chunk) {
  stream_->SetTarget(out);
  return Guarded([&] { return Write(chunk); });
}

Result<void> ParquetFormat::Write(const engine::ResultChunk& chunk) {
  const auto batch = TRY(ToRecordBatch(columns_, schema_, chunk));
  const bool is_full =
      group_rows_ + chunk.row_count > kGroupRowsMax || group_bytes_ >= kGroupBytesMax;
  if (group_rows_ == 0 || is_full) {
    TRY(FromArrow(writer_->NewBufferedRowGroup()));
    group_rows_ = group_bytes_ = 0;
  }
  group_rows_ += chunk.row_count;
  group_bytes_ += static_cast<std::size_t>(arrow::util::TotalBufferSize(*batch));
  return FromArrow(writer_->WriteRecordBatch(*batch));
}

Result<void> ParquetFormat::End(std::string& out, const Outcome&) {
  stream_->SetTarget(out);
  return Guarded([&] { return FromArrow(writer_->Close()); });
}

}  // namespace arc::format
