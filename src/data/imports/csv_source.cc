// Reads a CSV file as batches, in three passes over the bytes:
//   1. LongestRow follows the quotes. It refuses a file that ends within a quoted value, and finds
//      the length of the longest row, because Arrow's reader needs a block that holds a whole row.
//   2. FindTypes reads every value as text and chooses the type of each column (csv_types.h).
//   3. Next reads the values again, as these types, and returns them batch by batch.
// So the types are known before the first row is stored, and memory holds one block at a time.
//
// Each row has its number in the file, from 1. Rows of a wrong length never reach us as rows: Arrow
// tells a handler about them, on a thread of its own and possibly ahead of the batch that we are
// reading. They wait in a queue and are merged by number, so that rows of good length get the right
// numbers and the report of skipped rows is in order. Without OnError::kSkip the first bad row ends
// the import.

#include <arrow/array.h>
#include <arrow/csv/api.h>
#include <arrow/io/interfaces.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <exception>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "data/encoding/arrow_column.h"
#include "data/encoding/bit_builder.h"
#include "data/encoding/file_range.h"
#include "data/encoding/time_column.h"
#include "data/imports/csv_quotes.h"
#include "data/imports/csv_types.h"
#include "data/imports/import_source.h"

namespace arc::imports {
namespace {

// How much is read at once, and made into one batch; more when a row is longer.
constexpr std::uint64_t kBlockBytes = 1 << 20;
constexpr std::size_t kReadBytes = std::size_t{1} << 20;  // while looking for quotes
constexpr std::uint64_t kRowBytesMax = 64 << 20;
// How many bytes of a bad value a message shows.
constexpr std::size_t kShownMax = 64;
constexpr std::size_t kWarningsMax = 100;

// A row of another length than the header.
struct RaggedRow {
  std::uint64_t row;  // of the file, from 1
  std::string reason;
};

// One pass over the file, all values as text.
class CsvPass {
 public:
  CsvPass(const encoding::FileRange& range, const ImportRequest& request, std::uint64_t longest_row)
      : range_(range), request_(request), longest_row_(longest_row) {}

  // Starts the pass. Returns the names in the header, without spaces around them.
  Result<std::vector<std::string>> Start() {
    // To read columns as texts, Arrow must be given their names. So a first reader finds the names.
    TRY(Open({}));
    auto names = reader_->schema()->field_names();
    TRY(Open(names));
    for (auto& name : names) name = TrimSpaces(name);
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

  // The rows of a wrong length that were skipped since the last call, in order.
  std::deque<RaggedRow> TakeRagged() {
    const std::lock_guard lock(ragged_->mutex);
    return std::exchange(ragged_->rows, {});
  }

 private:
  // Rows that have another number of values than the header.
  struct RaggedRows {
    std::mutex mutex;  // Arrow calls the handler on a thread of its own
    std::string description;
    std::deque<RaggedRow> rows;  // not taken yet, in order; only with OnError::kSkip
  };

  Result<void> Open(const std::vector<std::string>& names) {
    ragged_ = std::make_shared<RaggedRows>();
    auto read = arrow::csv::ReadOptions::Defaults();
    read.use_threads = false;
    read.block_size = static_cast<std::int32_t>(std::max(kBlockBytes, longest_row_));
    read.skip_rows = static_cast<std::int32_t>(request_.skip_rows);
    auto parse = arrow::csv::ParseOptions::Defaults();
    parse.delimiter = request_.delimiter;
    parse.newlines_in_values = true;
    const bool may_skip = request_.on_error == OnError::kSkip;
    parse.invalid_row_handler = [ragged = ragged_, may_skip](const arrow::csv::InvalidRow& row) {
      const std::lock_guard lock(ragged->mutex);
      const auto description =
          fmt::format("{} values, the header has {}", row.actual_columns, row.expected_columns);
      if (may_skip) {
        // Arrow counts the header as the first row.
        ragged->rows.push_back({static_cast<std::uint64_t>(row.number) - 1, "has " + description});
        return arrow::csv::InvalidRowResult::Skip;
      }
      ragged->description = fmt::format("line {} has {}", row.number, description);
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

  const encoding::FileRange& range_;
  const ImportRequest& request_;
  const std::uint64_t longest_row_;
  std::shared_ptr<RaggedRows> ragged_;  // of reader_
  std::shared_ptr<arrow::csv::StreamingReader> reader_;
};

// Reads the file once and returns the length of its longest row in bytes. Fails with kUnprocessable
// when it ends within a quoted value.
Result<std::uint64_t> LongestRow(const encoding::FileRange& range, const ImportRequest& request) {
  CsvQuotes quotes(request.delimiter);
  std::vector<char> buffer(kReadBytes);
  auto lines_to_skip = request.skip_rows;
  for (std::uint64_t at = 0; at < request.byte_count;) {
    const auto wanted = std::min<std::uint64_t>(buffer.size(), request.byte_count - at);
    const auto read = range.stream()->ReadAt(static_cast<std::int64_t>(at),
                                             static_cast<std::int64_t>(wanted), buffer.data());
    if (!read.ok()) return range.ErrorOf(read.status().message());
    std::string_view text(buffer.data(), static_cast<std::size_t>(read.ValueUnsafe()));
    if (text.empty()) break;
    at += text.size();
    for (; lines_to_skip > 0 && !text.empty(); lines_to_skip--) {
      const auto newline = text.find('\n');
      if (newline == std::string_view::npos) {
        text = {};
        break;
      }
      text.remove_prefix(newline + 1);
    }
    quotes.See(text);
  }
  if (!quotes.is_open()) return quotes.longest_row();
  return Error{ErrorCode::kUnprocessable,
               "the file ends within a quoted value: it is cut short, or a quote is missing"};
}

const arrow::StringArray& TextsOf(const arrow::RecordBatch& rows, std::size_t column) {
  return static_cast<const arrow::StringArray&>(*rows.column(static_cast<int>(column)));
}

// Called for a row whose text is not of the column's type.
using BadValueHandler = std::function<Result<void>(std::size_t row, std::string_view text)>;

// Reads the texts as numbers or bools; texts that mean NULL become NULL.
template <class T, class Parse>
Result<void> FillParsed(const arrow::StringArray& texts, const CsvValues& values_of, Parse parse,
                        Column& column, const BadValueHandler& on_bad_value) {
  const auto row_count = static_cast<std::size_t>(texts.length());
  std::vector<T> values(row_count);
  encoding::BitBuilder validity(row_count);
  for (std::size_t row = 0; row < row_count; row++) {
    const auto text = texts.GetView(static_cast<std::int64_t>(row));
    const auto value = values_of.IsNull(text) ? std::nullopt : (values_of.*parse)(text);
    validity.AppendRun(value.has_value(), 1);
    if (value) {
      values[row] = static_cast<T>(*value);
    } else if (!values_of.IsNull(text)) {
      TRY(on_bad_value(row, text));
    }
  }
  column.values = std::move(values);
  if (validity.clear_count() > 0) column.validity = std::move(validity).TakeWords();
  return {};
}

// Keeps the texts as they are; those that the request names as NULL become NULL.
void FillTexts(const arrow::StringArray& texts, const CsvValues& values_of, Column& column) {
  StringValues values;
  encoding::BitBuilder validity(static_cast<std::size_t>(texts.length()));
  for (std::int64_t row = 0; row < texts.length(); row++) {
    const auto text = texts.GetView(row);
    const bool is_null = values_of.IsNullEverywhere(text);
    values.Append(is_null ? std::string_view() : text);
    validity.AppendRun(!is_null, 1);
  }
  column.values = std::move(values);
  if (validity.clear_count() > 0) column.validity = std::move(validity).TakeWords();
}

Result<Column> ParsedColumn(const SchemaColumn& schema, const arrow::StringArray& texts,
                            const CsvValues& values_of, const BadValueHandler& on_bad_value) {
  Column column{schema.name, schema.role, {}, {}};
  switch (schema.type) {
    case ColumnType::kNull:
      break;
    case ColumnType::kBool:
      TRY(FillParsed<std::uint8_t>(texts, values_of, &CsvValues::Bool, column, on_bad_value));
      break;
    case ColumnType::kInt64:
      TRY(FillParsed<std::int64_t>(texts, values_of, &CsvValues::Integer, column, on_bad_value));
      break;
    case ColumnType::kDouble:
      TRY(FillParsed<double>(texts, values_of, &CsvValues::Double, column, on_bad_value));
      break;
    case ColumnType::kString:
      FillTexts(texts, values_of, column);
      break;
  }
  return column;
}

class CsvSource : public ImportSource {
 public:
  CsvSource(encoding::FileRange range, const ImportRequest& request,
            encoding::TimeParser time_parser)
      : range_(std::move(range)),
        request_(request),
        values_({request.null_values, request.decimal_point,
                 request.long_numbers.value_or(LongNumbers::kAsText)}),
        seen_values_({request.null_values, request.decimal_point, LongNumbers::kRound}),
        time_parser_(std::move(time_parser)),
        filter_(request.on_error) {}

  // The first pass: names and types of the columns. Called once, before anything else.
  Result<void> Start(const RowSchema& known) {
    const auto longest_row = TRY(LongestRow(range_, request_));
    if (longest_row > kRowBytesMax) {
      return Error{ErrorCode::kUnprocessable,
                   fmt::format("a row has {} bytes, more than the {} that one may have",
                               longest_row, kRowBytesMax)};
    }
    TRY(FindTypes(known, longest_row));
    second_pass_.emplace(range_, request_, longest_row);
    TRY(second_pass_->Start());
    return {};
  }

  const std::vector<SchemaColumn>& columns() const override { return columns_; }

  Result<std::optional<ColumnBatch>> Next() override {
    while (true) {
      const auto rows = TRY(second_pass_->Next());
      for (auto& ragged : second_pass_->TakeRagged()) ragged_.push_back(std::move(ragged));
      if (rows == nullptr) {
        while (CountRaggedBefore(std::numeric_limits<std::uint64_t>::max())) continue;
        return std::optional<ColumnBatch>();
      }
      auto batch = TRY(BatchOf(*rows));
      if (batch.row_count() > 0) return std::optional<ColumnBatch>(std::move(batch));
    }
  }

  const RejectionReport& skipped() const override { return filter_.skipped(); }
  std::vector<std::string> warnings() const override { return warnings_; }

 private:
  Result<void> FindTypes(const RowSchema& known, std::uint64_t longest_row) {
    CsvPass pass(range_, request_, longest_row);
    const auto names = TRY(pass.Start());
    time_index_ = TRY(encoding::FindTimeColumn(names, request_.time_column));
    std::vector<CsvTypeFinder> finders(names.size(), CsvTypeFinder(values_));
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
      TRY(AddColumn(index == RowSchema::kNotFound ? SchemaColumn{names[i]} : known.columns()[index],
                    names[i], finders[i]));
    }
    return {};
  }

  // `known` is the measurement's column of this name; one of type kNull when it is new.
  Result<void> AddColumn(const SchemaColumn& known, const std::string& name,
                         const CsvTypeFinder& finder) {
    const auto type = request_.on_error == OnError::kSkip ? finder.FindJoining(known.type)
                                                          : finder.Find(known.type);
    ColumnType joined;
    if (!JoinTypes(known.type, type, joined)) {
      const auto why = type == ColumnType::kString ? finder.WhyNoNumber() : std::string();
      return Error{
          ErrorCode::kInvalidInput,
          fmt::format("measurement \"{}\", column \"{}\": holds {}, the file offers {}{}{}",
                      request_.table.measurement, known.name, ToString(known.type), ToString(type),
                      why.empty() ? "" : ": ", why)};
    }
    const bool is_told = type == ColumnType::kString && known.type != ColumnType::kString &&
                         finder.IsMostlyNumbers();
    if (is_told && warnings_.size() < kWarningsMax) {
      warnings_.push_back(fmt::format("column \"{}\" is text: {}", name, finder.WhyNoNumber()));
    }
    columns_.push_back({name, type, known.role});
    return {};
  }

  Result<ColumnBatch> BatchOf(const arrow::RecordBatch& rows) {
    const auto row_count = static_cast<std::size_t>(rows.num_rows());
    filter_.Begin(row_count);
    NumberRows(row_count);
    ColumnBatch batch;
    batch.times = TRY(TimesIn(TextsOf(rows, time_index_)));
    TRY(filter_.LeaveOutTimes(batch.times, request_.times,
                              [this](std::size_t row) { return numbers_[row]; }));
    for (std::size_t i = 0; i < columns_.size(); i++) {
      const auto& column = columns_[i];
      batch.columns.push_back(TRY(ParsedColumn(
          column, TextsOf(rows, i + (i >= time_index_)),
          request_.on_error == OnError::kRefuse ? seen_values_ : values_,
          [&](std::size_t row, std::string_view text) {
            const auto why = values_.WhyNoNumber(text);
            return filter_.LeaveOut(
                row, numbers_[row],
                fmt::format("column \"{}\": holds {}, the row offers \"{}\"{}{}", column.name,
                            ToString(column.type), text.substr(0, kShownMax),
                            why.empty() ? "" : ", which ", why));
          })));
    }
    auto kept = filter_.Filter(std::move(batch));
    kept.SetTimeRange();
    return kept;
  }

  // Gives the rows of a batch their numbers in the file, where rows of a wrong length count too.
  void NumberRows(std::size_t row_count) {
    numbers_.resize(row_count);
    for (auto& number : numbers_) {
      while (CountRaggedBefore(next_row_ + 1)) next_row_++;
      number = next_row_++;
    }
  }
  // If the next row of a wrong length comes before row `end`, counts it and returns true.
  bool CountRaggedBefore(std::uint64_t end) {
    if (ragged_.empty() || ragged_.front().row >= end) return false;
    filter_.Count(ragged_.front().row, ragged_.front().reason);
    ragged_.pop_front();
    return true;
  }

  Result<std::vector<std::int64_t>> TimesIn(const arrow::StringArray& texts) {
    std::vector<std::int64_t> times(numbers_.size());
    for (std::size_t row = 0; row < times.size(); row++) {
      const auto text = TrimSpaces(texts.GetView(static_cast<std::int64_t>(row)));
      const auto micros = time_parser_.FromText(text);
      if (!micros) TRY(filter_.LeaveOut(row, numbers_[row], time_parser_.WhyNot(text)));
      times[row] = micros.value_or(0);
    }
    return times;
  }

  const encoding::FileRange range_;
  const ImportRequest request_;
  const CsvValues values_;
  // The same without the check that nothing is lost, which takes longer than the reading itself.
  // For columns whose type is known to hold every value.
  const CsvValues seen_values_;
  encoding::TimeParser time_parser_;
  std::optional<CsvPass> second_pass_;
  RowFilter filter_;
  std::size_t time_index_ = 0;
  std::uint64_t next_row_ = 1;
  std::vector<std::uint64_t> numbers_;  // of the rows of the batch in the file
  std::deque<RaggedRow> ragged_;        // skipped and not counted yet, in order
  std::vector<SchemaColumn> columns_;
  std::vector<std::string> warnings_;
};

}  // namespace

Result<std::unique_ptr<ImportSource>> OpenCsvSource(fs::FileSystem& file_system,
                                                    const ImportRequest& request,
                                                    const RowSchema& known) {
  auto range =
      TRY(encoding::FileRange::Open(file_system, request.path, request.offset, request.byte_count));
  auto source = std::make_unique<CsvSource>(
      std::move(range), request, TRY(encoding::TimeParser::ForFormat(request.time_format)));
  TRY(source->Start(known));
  return std::unique_ptr<ImportSource>(std::move(source));
}

}  // namespace arc::imports
