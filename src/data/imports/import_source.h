// What an import reads: a file as a stream of batches with times in microseconds.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/imports/import_file.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/model/column_batch.h"
#include "foundation/model/decoded_body.h"
#include "foundation/model/schema.h"

namespace arc::imports {

// Handles rows of a batch that cannot be stored: they are left out, or the whole file is refused.
class RowFilter {
 public:
  explicit RowFilter(OnError on_error) : on_error_(on_error) {}

  // Starts a batch of `row_count` rows.
  void Begin(std::size_t row_count) { keep_.assign(row_count, true); }
  // Leaves out row `row` of the batch, which is row `number` of the file, from 1. Fails with
  // kUnprocessable unless rows may be left out.
  Result<void> LeaveOut(std::size_t row, std::uint64_t number, const std::string& reason);
  // Leaves out the rows whose time `limits` do not allow; `number_of` returns the number of a row
  // in the file.
  template <class NumberOf>
  Result<void> LeaveOutTimes(const std::vector<std::int64_t>& times, const TimeLimits& limits,
                             const NumberOf& number_of) {
    for (std::size_t row = 0; row < times.size(); row++) {
      if (limits.Allow(times[row]) || !keep_[row]) continue;
      TRY(LeaveOut(row, number_of(row), TimeRefusal(times[row], limits).message));
    }
    return {};
  }
  // Counts a row that is in no batch as left out.
  void Count(std::uint64_t number, const std::string& reason) { skipped_.Add(number, reason); }
  // The rows that stay.
  ColumnBatch Filter(ColumnBatch batch) const;

  const RejectionReport& skipped() const { return skipped_; }

 private:
  const OnError on_error_;
  std::vector<bool> keep_;
  RejectionReport skipped_;
};

// Threads: one at a time. Memory: one batch and the reader's own, whatever the size of the file.
class ImportSource {
 public:
  virtual ~ImportSource() = default;

  // The columns of the file without the one that became `time`, in the order of the file. They have
  // the roles that the measurement gives them.
  virtual const std::vector<SchemaColumn>& columns() const = 0;

  // The next rows, tens of thousands of them; nothing at the end. The batch has all columns(), each
  // of its type or kNull.
  virtual Result<std::optional<ColumnBatch>> Next() = 0;

  // The rows that were left out so far; always empty unless the request allows it.
  virtual const RejectionReport& skipped() const = 0;

  // Sentences about what the sender may not have meant.
  virtual std::vector<std::string> warnings() const { return {}; }
};

// Both read the header and check it; the CSV source reads the whole file to find the types. `known`
// is the schema that the measurement has already: a column that is a string there is read as a
// string, whatever its values look like.
Result<std::unique_ptr<ImportSource>> OpenCsvSource(fs::FileSystem& file_system,
                                                    const ImportRequest& request,
                                                    const RowSchema& known);
Result<std::unique_ptr<ImportSource>> OpenParquetSource(fs::FileSystem& file_system,
                                                        const ImportRequest& request);

}  // namespace arc::imports
