#include <optional>
#include <utility>

#include "data/encoding/file_range.h"
#include "data/encoding/parquet_reader.h"
#include "data/imports/import_source.h"

namespace arc::imports {
namespace {

class ParquetSource : public ImportSource {
 public:
  ParquetSource(std::unique_ptr<encoding::ParquetReader> reader, const ImportRequest& request)
      : reader_(std::move(reader)), times_(request.times), filter_(request.on_error) {}

  const std::vector<SchemaColumn>& columns() const override { return reader_->columns(); }

  Result<std::optional<ColumnBatch>> Next() override {
    while (const auto row_count = TRY(reader_->NextRowCount())) {
      auto batch = TRY(NextBatch(row_count));
      if (batch.row_count() > 0) return std::optional<ColumnBatch>(std::move(batch));
    }
    return std::optional<ColumnBatch>();
  }

  const RejectionReport& skipped() const override { return filter_.skipped(); }

 private:
  Result<ColumnBatch> NextBatch(std::size_t row_count) {
    const auto number_of = [this](std::size_t row) { return next_row_ + row; };
    filter_.Begin(row_count);
    auto batch = TRY(reader_->TakeRows([&](std::size_t row, const std::string& reason) {
      return filter_.LeaveOut(row, number_of(row), reason);
    }));
    TRY(filter_.LeaveOutTimes(batch.times, times_, number_of));
    next_row_ += row_count;
    return filter_.Filter(std::move(batch));
  }

  const std::unique_ptr<encoding::ParquetReader> reader_;
  const TimeLimits times_;
  RowFilter filter_;
  std::uint64_t next_row_ = 1;  // of the file
};

}  // namespace

Result<std::unique_ptr<ImportSource>> OpenParquetSource(fs::FileSystem& file_system,
                                                        const ImportRequest& request) {
  auto range =
      TRY(encoding::FileRange::Open(file_system, request.path, request.offset, request.byte_count));
  auto reader = TRY(encoding::ParquetReader::Open(
      std::move(range), {request.time_column, request.time_format, request.long_numbers}));
  return std::unique_ptr<ImportSource>(std::make_unique<ParquetSource>(std::move(reader), request));
}

}  // namespace arc::imports
