#include <arrow/array.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/column_reader.h>
#include <parquet/file_reader.h>
#include <parquet/properties.h>

#include <exception>
#include <utility>

#include "data/encoding/arrow_column.h"
#include "data/encoding/file_range.h"
#include "data/encoding/int96_check.h"
#include "data/imports/import_source.h"

namespace arc::imports {
namespace {

constexpr std::int64_t kBatchRows = 65'536;

// Reads pages as they are needed, not a whole row group at once: a file may have only one.
arrow::Result<std::unique_ptr<parquet::arrow::FileReader>> OpenReader(
    const encoding::FileRange& range) {
  parquet::ReaderProperties properties;
  properties.enable_buffered_stream();
  properties.set_page_checksum_verification(true);
  parquet::ArrowReaderProperties arrow_properties(/*use_threads=*/false);
  arrow_properties.set_pre_buffer(false);
  arrow_properties.set_batch_size(kBatchRows);
  // Not nanoseconds, which only reach from 1677 to 2262. CheckInt96Times refuses what does not fit
  // into microseconds.
  arrow_properties.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
  parquet::arrow::FileReaderBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Open(range.stream(), properties));
  std::unique_ptr<parquet::arrow::FileReader> reader;
  ARROW_RETURN_NOT_OK(builder.properties(arrow_properties)->Build(&reader));
  return reader;
}

// The first page that cannot be read, and why; empty when all can be read.
std::string FindDamagedPage(parquet::ParquetFileReader& file) {
  const auto& metadata = *file.metadata();
  for (int group = 0; group < metadata.num_row_groups(); group++) {
    for (int column = 0; column < metadata.num_columns(); column++) {
      int page = 0;
      try {
        const auto pages = file.RowGroup(group)->GetColumnPageReader(column);
        while (pages->NextPage() != nullptr) page++;
      } catch (const std::exception&) {
        return fmt::format(
            "page {} of column \"{}\" in row group {} is damaged: its bytes do not have the "
            "checksum"
            " that is stored with them; get the file anew from where it was made",
            page + 1, metadata.schema()->Column(column)->path()->ToDotString(), group + 1);
      }
    }
  }
  return {};
}

class ParquetSource : public ImportSource {
 public:
  ParquetSource(encoding::FileRange range, encoding::TimeParser time_parser,
                const ImportRequest& request)
      : range_(std::move(range)),
        long_numbers_(request.long_numbers),
        reader_of_values_(request.is_read_in_place ? encoding::ValueReader::kEngine
                                                   : encoding::ValueReader::kImport),
        time_parser_(std::move(time_parser)),
        times_(request.times),
        filter_(request.on_error) {}

  // Called once, before anything else.
  Result<void> Start(const std::string& time_column) {
    try {
      auto reader = OpenReader(range_);
      if (!reader.ok()) return range_.ErrorOf(reader.status().message());
      reader_ = std::move(reader).ValueUnsafe();
      auto batches = reader_->GetRecordBatchReader();
      if (!batches.ok()) return range_.ErrorOf(batches.status().message());
      batches_ = std::move(batches).ValueUnsafe();
    } catch (const std::exception& exception) {
      return range_.ErrorOf(exception.what());
    }
    TRY(FindColumns(time_column));
    try {
      return encoding::CheckInt96Times(*reader_->parquet_reader());
    } catch (const std::exception& exception) {
      return ErrorOf(exception.what());
    }
  }

  const std::vector<SchemaColumn>& columns() const override { return columns_; }

  Result<std::optional<ColumnBatch>> Next() override {
    while (true) {
      std::shared_ptr<arrow::RecordBatch> rows;
      TRY(ReadNext(rows));
      if (rows == nullptr) return std::optional<ColumnBatch>();
      auto batch = TRY(BatchOf(*rows));
      if (batch.row_count() > 0) return std::optional<ColumnBatch>(std::move(batch));
    }
  }

  const RejectionReport& skipped() const override { return filter_.skipped(); }

 private:
  Result<ColumnBatch> BatchOf(const arrow::RecordBatch& rows) {
    ColumnBatch batch;
    filter_.Begin(static_cast<std::size_t>(rows.num_rows()));
    batch.times =
        TRY(encoding::TimesOf(rows.column_name(time_index_), rows.column(time_index_), time_parser_,
                              [this](std::size_t row, const std::string& reason) {
                                return filter_.LeaveOut(row, next_row_ + row, reason);
                              }));
    TRY(filter_.LeaveOutTimes(batch.times, times_,
                              [this](std::size_t row) { return next_row_ + row; }));
    next_row_ += batch.row_count();
    for (int i = 0; i < rows.num_columns(); i++) {
      if (i == time_index_) continue;
      batch.columns.push_back(TRY(encoding::ColumnOf(rows.column_name(i), rows.column(i),
                                                     long_numbers_, reader_of_values_)));
    }
    auto kept = filter_.Filter(std::move(batch));
    kept.SetTimeRange();
    return kept;
  }

  Result<void> FindColumns(const std::string& time_column) {
    const auto& fields = batches_->schema()->fields();
    time_index_ =
        static_cast<int>(TRY(FindTimeColumn(batches_->schema()->field_names(), time_column)));
    for (int i = 0; i < static_cast<int>(fields.size()); i++) {
      const auto& field = *fields[static_cast<std::size_t>(i)];
      const auto type = TRY(encoding::ColumnTypeOf(field.name(), *field.type(), long_numbers_));
      if (i != time_index_) columns_.push_back({field.name(), type, ColumnRole::kField});
    }
    return {};
  }

  Result<void> ReadNext(std::shared_ptr<arrow::RecordBatch>& rows) {
    try {
      const auto status = batches_->ReadNext(&rows);
      if (status.ok()) return {};
      return ErrorOf(status.message());
    } catch (const std::exception& exception) {
      return ErrorOf(exception.what());
    }
  }

  // Arrow does not say in which column a page has a wrong checksum.
  Error ErrorOf(const std::string& status_text) const {
    if (status_text.find("CRC checksum") == std::string::npos) return range_.ErrorOf(status_text);
    const auto page = FindDamagedPage(*reader_->parquet_reader());
    return range_.ErrorOf(page.empty() ? status_text : page);
  }

  const encoding::FileRange range_;
  const std::optional<LongNumbers> long_numbers_;
  const encoding::ValueReader reader_of_values_;
  encoding::TimeParser time_parser_;
  const TimeLimits times_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::unique_ptr<arrow::RecordBatchReader> batches_;  // of reader_
  RowFilter filter_;
  int time_index_ = 0;
  std::uint64_t next_row_ = 1;
  std::vector<SchemaColumn> columns_;
};

}  // namespace

Result<std::unique_ptr<ImportSource>> OpenParquetSource(fs::FileSystem& file_system,
                                                        const ImportRequest& request) {
  auto range =
      TRY(encoding::FileRange::Open(file_system, request.path, request.offset, request.byte_count));
  auto source = std::make_unique<ParquetSource>(
      std::move(range), TRY(encoding::TimeParser::ForFormat(request.time_format)), request);
  TRY(source->Start(request.time_column));
  return std::unique_ptr<ImportSource>(std::move(source));
}

}  // namespace arc::imports
