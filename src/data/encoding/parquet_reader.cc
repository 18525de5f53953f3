#include "data/encoding/parquet_reader.h"

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

#include "data/encoding/int96_check.h"
#include "data/encoding/time_column.h"
#include "foundation/base/check.h"

namespace arc::encoding {
namespace {

constexpr std::int64_t kBatchRows = 65'536;

// Pages are read as they are needed, not a row group at once: a file may be one row group.
arrow::Result<std::unique_ptr<parquet::arrow::FileReader>> OpenReader(const FileRange& range) {
  parquet::ReaderProperties properties;
  properties.enable_buffered_stream();
  properties.set_page_checksum_verification(true);
  parquet::ArrowReaderProperties arrow_properties(/*use_threads=*/false);
  arrow_properties.set_pre_buffer(false);
  arrow_properties.set_batch_size(kBatchRows);
  // Nanoseconds end in 1677 and 2262. What microseconds cannot say is refused by CheckInt96Times.
  arrow_properties.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
  parquet::arrow::FileReaderBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Open(range.stream(), properties));
  std::unique_ptr<parquet::arrow::FileReader> reader;
  ARROW_RETURN_NOT_OK(builder.properties(arrow_properties)->Build(&reader));
  return reader;
}

// The first page that cannot be read, with what is wrong with it; empty when there is none.
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
            "checksum that is stored with them; get the file anew from where it was made",
            page + 1, metadata.schema()->Column(column)->path()->ToDotString(), group + 1);
      }
    }
  }
  return {};
}

}  // namespace

struct ParquetReader::Parts {
  Parts(FileRange file_range, TimeParser parser, const Options& options)
      : range(std::move(file_range)),
        time_parser(std::move(parser)),
        long_numbers(options.long_numbers),
        reader_of_values(options.reader_of_values) {}

  // Called once, before anything else.
  Result<void> Start(const std::string& time_column) {
    try {
      auto opened = OpenReader(range);
      if (!opened.ok()) return range.ErrorOf(opened.status().message());
      reader = std::move(opened).ValueUnsafe();
      auto stream = reader->GetRecordBatchReader();
      if (!stream.ok()) return range.ErrorOf(stream.status().message());
      batches = std::move(stream).ValueUnsafe();
    } catch (const std::exception& exception) {
      return range.ErrorOf(exception.what());
    }
    TRY(FindColumns(time_column));
    try {
      return CheckInt96Times(*reader->parquet_reader());
    } catch (const std::exception& exception) {
      return ErrorOf(exception.what());
    }
  }

  Result<void> FindColumns(const std::string& time_column) {
    const auto& fields = batches->schema()->fields();
    time_index =
        static_cast<int>(TRY(FindTimeColumn(batches->schema()->field_names(), time_column)));
    for (int i = 0; i < static_cast<int>(fields.size()); i++) {
      const auto& field = *fields[static_cast<std::size_t>(i)];
      const auto type = TRY(ColumnTypeOf(field.name(), *field.type(), long_numbers));
      if (i != time_index) columns.push_back({field.name(), type, ColumnRole::kField});
    }
    return {};
  }

  Result<void> ReadNext() {
    try {
      const auto status = batches->ReadNext(&rows);
      if (status.ok()) return {};
      return ErrorOf(status.message());
    } catch (const std::exception& exception) {
      return ErrorOf(exception.what());
    }
  }

  // Arrow does not say in which column a page has another checksum.
  Error ErrorOf(const std::string& status_text) const {
    if (status_text.find("CRC checksum") == std::string::npos) return range.ErrorOf(status_text);
    const auto page = FindDamagedPage(*reader->parquet_reader());
    return range.ErrorOf(page.empty() ? status_text : page);
  }

  const FileRange range;
  TimeParser time_parser;
  const std::optional<LongNumbers> long_numbers;
  const ValueReader reader_of_values;
  std::unique_ptr<parquet::arrow::FileReader> reader;
  std::unique_ptr<arrow::RecordBatchReader> batches;  // of `reader`
  int time_index = 0;
  std::vector<SchemaColumn> columns;
  std::shared_ptr<arrow::RecordBatch> rows;  // the next ones; null at the end
};

ParquetReader::ParquetReader(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ParquetReader::~ParquetReader() = default;

Result<std::unique_ptr<ParquetReader>> ParquetReader::Open(FileRange range,
                                                           const Options& options) {
  auto parts = std::make_unique<Parts>(std::move(range),
                                       TRY(TimeParser::ForFormat(options.time_format)), options);
  TRY(parts->Start(options.time_column));
  return std::unique_ptr<ParquetReader>(new ParquetReader(std::move(parts)));
}

const std::vector<SchemaColumn>& ParquetReader::columns() const { return parts_->columns; }

Result<std::size_t> ParquetReader::NextRowCount() {
  do {
    TRY(parts_->ReadNext());
  } while (parts_->rows != nullptr && parts_->rows->num_rows() == 0);
  return parts_->rows == nullptr ? 0 : static_cast<std::size_t>(parts_->rows->num_rows());
}

Result<ColumnBatch> ParquetReader::TakeRows(const BadTimeHandler& on_bad_time) {
  CHECK(parts_->rows != nullptr, "BUG: rows are taken behind the end of a Parquet file");
  const auto rows = std::exchange(parts_->rows, nullptr);
  const auto time_index = parts_->time_index;
  ColumnBatch batch;
  batch.times = TRY(TimesOf(rows->column_name(time_index), rows->column(time_index),
                            parts_->time_parser, on_bad_time));
  for (int i = 0; i < rows->num_columns(); i++) {
    if (i == time_index) continue;
    batch.columns.push_back(TRY(ColumnOf(rows->column_name(i), rows->column(i),
                                         parts_->long_numbers, parts_->reader_of_values)));
  }
  batch.SetTimeRange();
  return batch;
}

}  // namespace arc::encoding
