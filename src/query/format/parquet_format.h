// Rows as one Parquet file, sent row group by row group.
// Format: https://parquet.apache.org/docs/file-format/

#pragma once

#include <arrow/type.h>

#include <memory>
#include <vector>

#include "query/format/result_format.h"

namespace parquet::arrow {
class FileWriter;
}

namespace arc::format {

class StringStream;

// Types as in ArrowFormat; compressed with zstd. No reader accepts a file without its footer, so a
// result that was cut short cannot be taken for complete.
//
// Memory: a row group of about 16 MiB before encoding, 122,880 rows at most.
class ParquetFormat : public ResultFormat {
 public:
  ParquetFormat();
  ~ParquetFormat() override;

  std::string_view content_type() const override { return "application/vnd.apache.parquet"; }
  Result<void> Begin(std::string& out,
                     const std::vector<engine::ResultColumnInfo>& columns) override;
  Result<void> Rows(std::string& out, const engine::ResultChunk& chunk) override;
  Result<void> End(std::string& out, const Outcome& outcome) override;
  bool CanShowFailure() const override { return false; }

 private:
  Result<void> Write(const engine::ResultChunk& chunk);

  std::vector<engine::ResultColumnInfo> columns_;
  std::shared_ptr<arrow::Schema> schema_;
  const std::shared_ptr<StringStream> stream_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
  // The size of the row group that is being filled.
  std::size_t group_rows_ = 0;
  std::size_t group_bytes_ = 0;
};

}  // namespace arc::format
