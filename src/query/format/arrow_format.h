// Rows as an Arrow IPC stream: a record batch for each chunk.
// Format: https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format

#pragma once

#include <arrow/ipc/writer.h>

#include <memory>
#include <vector>

#include "query/format/result_format.h"
#include "query/format/text_dictionary.h"

namespace arc::format {

class StringStream;

// With dictionaries, the first chunk decides for each text column whether it has one. When a later
// chunk brings new values, the dictionary is replaced and not extended, because not every reader
// understands extensions.
class ArrowFormat : public ResultFormat {
 public:
  explicit ArrowFormat(const FormatOptions& options);
  ~ArrowFormat() override;

  std::string_view content_type() const override { return "application/vnd.apache.arrow.stream"; }
  Result<void> Begin(std::string& out,
                     const std::vector<engine::ResultColumnInfo>& columns) override;
  Result<void> Rows(std::string& out, const engine::ResultChunk& chunk) override;
  Result<void> End(std::string& out, const Outcome& outcome) override;
  // Many readers take a stream without its end mark for complete.
  bool CanShowFailure() const override { return false; }

 private:
  Result<void> OpenWriter();
  void ChooseDictionaries(const engine::ResultChunk& chunk);
  Result<std::shared_ptr<arrow::RecordBatch>> BatchOf(const engine::ResultChunk& chunk);

  const ArrowCompression compression_;
  const bool has_dictionaries_;
  std::vector<engine::ResultColumnInfo> columns_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::unique_ptr<TextDictionary>> dictionaries_;  // by column; null: no dictionary
  const std::shared_ptr<StringStream> stream_;
  std::shared_ptr<arrow::ipc::RecordBatchWriter> writer_;  // null before the first chunk
};

}  // namespace arc::format
