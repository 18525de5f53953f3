// What an import reads: a file as a stream of batches whose times are resolved.

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

// Rows of one batch that cannot be stored: left out, or the reason why the file is refused.
class RowFilter {
 public:
  explicit RowFilter(OnError on_error) : on_error_(on_error) {}

  // Starts a batch of so many rows.
  void Begin(std::size_t row_count) { keep_.assign(row_count, true); }
  // Row `row` of the batch, the `number`th of the file, from 1. Fails with kUnprocessable unless
  // rows may be left out.
  Result<void> LeaveOut(std::size_t row, std::uint64_t number, const std::string& reason);
  // Leaves rows out whose time is not believed; `number_of` gives the number of a row in the file.
  template <class NumberOf>
  Result<void> LeaveOutTimes(const std::vector<std::int64_t>& times, const TimeLimits& limits,
                             const NumberOf& number_of) {
    for (std::size_t row = 0; row < times.size(); row++) {
      if (limits.Allow(times[row]) || !keep_[row]) continue;
      TRY(LeaveOut(row, number_of(row), TimeRefusal(times[row], limits).message));
    }
    return {};
  }
  // A row that is in no batch.
  void Count(std::uint64_t number, const std::string& reason) { skipped_.Add(number, reason); }
  // The rows that stay.
  ColumnBatch Filter(ColumnBatch batch) const;

  const RejectionReport& skipped() const { return skipped_; }

 private:
  const OnError on_error_;
  std::vector<bool> keep_;
  RejectionReport skipped_;
};

// Threads: one at a time. Memory: one batch and what the reader keeps, whatever the file's size.
class ImportSource {
 public:
  virtual ~ImportSource() = default;

  // The columns of the file but the one that became `time`, in the file's order. Roles: as known.
  virtual const std::vector<SchemaColumn>& columns() const = 0;

  // The next rows, of tens of thousands; nothing at the end. The batch has all columns(), each of
  // its type or kNull.
  virtual Result<std::optional<ColumnBatch>> Next() = 0;

  // Rows that were left out so far: none unless the request allows it.
  virtual const RejectionReport& skipped() const = 0;

  // What may be other than was meant, a sentence each.
  virtual std::vector<std::string> warnings() const { return {}; }
};

// Both read the header and check it; the CSV source reads the whole file to find out the types.
// `known` is the schema that the measurement has already: a column that is a string there is read
// as one, whatever its values look like.
Result<std::unique_ptr<ImportSource>> OpenCsvSource(fs::FileSystem& file_system,
                                                    const ImportRequest& request,
                                                    const TableSchema& known);
Result<std::unique_ptr<ImportSource>> OpenParquetSource(fs::FileSystem& file_system,
                                                        const ImportRequest& request);

}  // namespace arc::imports
