#include <arrow/array.h>
#include <arrow/csv/api.h>
#include <arrow/io/interfaces.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <exception>
#include <mutex>
#include <utility>

#include "storage/arrow_column.h"
#include "storage/bit_builder.h"
#include "storage/csv_types.h"
#include "storage/file_range.h"
#include "storage/import_source.h"

namespace arc::storage {
namespace {

// Read at once; a row must fit. Also what one batch is made from.
constexpr std::int32_t kBlockBytes = 4 << 20;

// One pass over the file, all values as text.
class CsvPass {
 public:
  CsvPass(const FileRange& range, const ImportRequest& request)
      : range_(range), request_(request) {}

  // Names in the header. Starts the pass.
  Result<std::vector<std::string>> Start() {
    // The names must be known for their columns to be read as texts: the first reader finds them.
    TRY(Open({}));
    const auto names = reader_->schema()->field_names();
    TRY(Open(names));
    return names;
  }

  // Null at the end.
  Result<std::shared_ptr<arrow::RecordBatch>> Next() {
    std::shared_ptr<arrow::RecordBatch> rows;
    try {
      const auto status = reader_->ReadNext(&rows);
      if (!status.ok()) return ErrorOf(status);
    } catch (const std::exception& exception) {
      return range_.ErrorOf(exception.what());
    }
    return rows;
  }

 private:
  struct RaggedRow {
    std::mutex mutex;  // the handler is called on a thread of Arrow's
    std::string description;
  };

  Result<void> Open(const std::vector<std::string>& names) {
    auto read = arrow::csv::ReadOptions::Defaults();
    read.use_threads = false;
    read.block_size = kBlockBytes;
    read.skip_rows = static_cast<std::int32_t>(request_.skip_rows);
    auto parse = arrow::csv::ParseOptions::Defaults();
    parse.delimiter = request_.delimiter;
    parse.newlines_in_values = true;
    parse.invalid_row_handler = [ragged = ragged_](const arrow::csv::InvalidRow& row) {
      const std::lock_guard lock(ragged->mutex);
      ragged->description = fmt::format("line {} has {} values, the header has {}", row.number,
                                        row.actual_columns, row.expected_columns);
      return arrow::csv::InvalidRowResult::Error;
    };
    auto convert = arrow::csv::ConvertOptions::Defaults();
    for (const auto& name : names) convert.column_types[name] = arrow::utf8();
    convert.strings_can_be_null = false;
    try {
      auto stream = arrow::io::RandomAccessFile::GetStream(
          range_.stream(), 0, static_cast<std::int64_t>(request_.byte_count));
      if (!stream.ok()) return ErrorOf(stream.status());
      auto reader = arrow::csv::StreamingReader::Make(arrow::io::default_io_context(),
                                                      stream.ValueUnsafe(), read, parse, convert);
      if (!reader.ok()) return ErrorOf(reader.status());
      reader_ = std::move(reader).ValueUnsafe();
    } catch (const std::exception& exception) {
      return range_.ErrorOf(exception.what());
    }
    return {};
  }

  Error ErrorOf(const arrow::Status& status) const {
    const std::lock_guard lock(ragged_->mutex);
    return range_.ErrorOf(ragged_->description.empty() ? status.message() : ragged_->description);
  }

  const FileRange& range_;
  const ImportRequest& request_;
  const std::shared_ptr<RaggedRow> ragged_ = std::make_shared<RaggedRow>();
  std::shared_ptr<arrow::csv::StreamingReader> reader_;
};

const arrow::StringArray& TextsOf(const arrow::RecordBatch& rows, std::size_t column) {
  return static_cast<const arrow::StringArray&>(*rows.column(static_cast<int>(column)));
}

// The texts as numbers or bools, empty ones as NULL. All were found to be of this type.
template <class T, class Parse>
void FillParsed(const arrow::StringArray& texts, Parse parse, Column& column) {
  const auto row_count = static_cast<std::size_t>(texts.length());
  std::vector<T> values(row_count);
  BitBuilder validity(row_count);
  for (std::size_t row = 0; row < row_count; row++) {
    const auto value = parse(texts.GetView(static_cast<std::int64_t>(row)));
    validity.AppendRun(value.has_value(), 1);
    if (value) values[row] = static_cast<T>(*value);
  }
  column.values = std::move(values);
  if (validity.clear_count() > 0) column.validity = std::move(validity).TakeWords();
}

Column ParsedColumn(const SchemaColumn& schema, const arrow::StringArray& texts) {
  Column column{schema.name, schema.role, {}, {}};
  switch (schema.type) {
    case ColumnType::kNull:
      break;
    case ColumnType::kBool:
      FillParsed<std::uint8_t>(texts, ParseCsvBool, column);
      break;
    case ColumnType::kInt64:
      FillParsed<std::int64_t>(texts, ParseCsvInteger, column);
      break;
    case ColumnType::kDouble:
      FillParsed<double>(texts, ParseCsvDouble, column);
      break;
    case ColumnType::kString: {
      StringValues values;
      for (std::int64_t row = 0; row < texts.length(); row++) values.Append(texts.GetView(row));
      column.values = std::move(values);
      break;
    }
  }
  return column;
}

class CsvSource : public ImportSource {
 public:
  CsvSource(FileRange range, const ImportRequest& request, TimeParser time_parser)
      : range_(std::move(range)), request_(request), time_parser_(std::move(time_parser)) {}

  // The first pass: names and types of the columns. Called once, before anything else.
  Result<void> Start(const TableSchema& known) {
    CsvPass pass(range_, request_);
    const auto names = TRY(pass.Start());
    time_index_ = TRY(FindTimeColumn(names, request_.time_column));
    std::vector<CsvTypeFinder> finders(names.size());
    while (const auto rows = TRY(pass.Next())) {
      for (std::size_t i = 0; i < names.size(); i++) {
        if (i == time_index_) continue;
        const auto& texts = TextsOf(*rows, i);
        for (std::int64_t row = 0; row < texts.length(); row++) finders[i].See(texts.GetView(row));
      }
    }
    for (std::size_t i = 0; i < names.size(); i++) {
      if (i == time_index_) continue;
      const auto index = known.IndexOf(names[i]);
      const auto column =
          index == TableSchema::kNotFound ? SchemaColumn{names[i]} : known.columns()[index];
      columns_.push_back({names[i], finders[i].Find(column.type), column.role});
    }
    TRY(second_pass_.Start());
    return {};
  }

  const std::vector<SchemaColumn>& columns() const override { return columns_; }

  Result<std::optional<ColumnBatch>> Next() override {
    std::shared_ptr<arrow::RecordBatch> rows;
    do {
      rows = TRY(second_pass_.Next());
      if (rows == nullptr) return std::optional<ColumnBatch>();
    } while (rows->num_rows() == 0);
    ColumnBatch batch;
    batch.times = TRY(TimesIn(TextsOf(*rows, time_index_)));
    for (std::size_t i = 0; i < columns_.size(); i++) {
      batch.columns.push_back(ParsedColumn(columns_[i], TextsOf(*rows, i + (i >= time_index_))));
    }
    batch.SetTimeRange();
    return std::optional<ColumnBatch>(std::move(batch));
  }

 private:
  Result<std::vector<std::int64_t>> TimesIn(const arrow::StringArray& texts) {
    std::vector<std::int64_t> times;
    for (std::int64_t row = 0; row < texts.length(); row++) {
      const auto text = texts.GetView(row);
      const auto micros = time_parser_.FromText(text);
      if (!micros) return BadTime(next_row_, std::string(text));
      times.push_back(*micros);
      next_row_++;
    }
    return times;
  }

  const FileRange range_;
  const ImportRequest request_;
  TimeParser time_parser_;
  CsvPass second_pass_{range_, request_};
  std::size_t time_index_ = 0;
  std::uint64_t next_row_ = 1;
  std::vector<SchemaColumn> columns_;
};

}  // namespace

Result<std::unique_ptr<ImportSource>> OpenCsvSource(fs::FileSystem& file_system,
                                                    const ImportRequest& request,
                                                    const TableSchema& known) {
  auto range = TRY(FileRange::Open(file_system, request.path, request.offset, request.byte_count));
  auto source = std::make_unique<CsvSource>(std::move(range), request,
                                            TRY(TimeParser::ForFormat(request.time_format)));
  TRY(source->Start(known));
  return std::unique_ptr<ImportSource>(std::move(source));
}

}  // namespace arc::storage
