// Rows as an Arrow IPC stream: a record batch for each chunk.
// Format: https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format

#pragma once

#include <arrow/ipc/writer.h>

#include <memory>

#include "format/result_format.h"

namespace arc::format {

class ArrowFormat : public ResultFormat {
 public:
  explicit ArrowFormat(const FormatOptions& options);
  ~ArrowFormat() override;

  std::string_view content_type() const override { return "application/vnd.apache.arrow.stream"; }
  Result<void> Begin(std::string& out,
                     const std::vector<engine::ResultColumnInfo>& columns) override;
  Result<void> Rows(std::string& out, const engine::ResultChunk& chunk) override;
  Result<void> End(std::string& out, const Outcome& outcome) override;
  // A stream without its end mark is read as complete by many.
  bool CanShowFailure() const override { return false; }

 private:
  class Sink;

  const ArrowCompression compression_;
  std::vector<engine::ResultColumnInfo> columns_;
  std::shared_ptr<arrow::Schema> schema_;
  const std::shared_ptr<Sink> sink_;
  std::shared_ptr<arrow::ipc::RecordBatchWriter> writer_;
};

}  // namespace arc::format
