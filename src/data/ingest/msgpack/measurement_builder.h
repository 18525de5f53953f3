// Collects the rows of one measurement from all items of a body.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/ingest/msgpack/column_builder.h"
#include "data/ingest/msgpack/item.h"
#include "foundation/model/decoded_body.h"
#include "foundation/model/schema.h"

namespace arc::ingest::msgpack {

// A row that cannot be stored leaves nothing behind: no column, no type, no word in a dictionary.
// Each row, or each set of columns, is added in three steps:
//   1. OpenColumns finds or makes the column of each cell. A column that is opened twice is
//      refused.
//   2. Does each column take its cell? If one does not, the columns made in step 1 are removed.
//   3. All cells are appended; this cannot be refused.
class MeasurementBuilder {
 public:
  // `schema`: what the measurement has already; null when it is new.
  MeasurementBuilder(std::string name, std::shared_ptr<const RowSchema> schema);

  // Adds one row. Tags come first among `cells`, without nulls. A field with the name of a tag of
  // its row becomes <name>_value. Returns false when the row cannot be stored; problem() says why.
  bool AppendRow(std::span<const Cell> cells, std::int64_t time, std::uint32_t item);

  enum class Outcome {
    kAppended,
    kRowsDiffer,  // some rows do not fit: the caller must add or refuse them one by one
    kRefused,     // problem() says why no row can be stored
  };
  // Adds one row for each of `times`, all rows or no row. May take the contents of `times`, which
  // is null when some row has a bad time. Requires: each column has as many values as there are
  // rows.
  Outcome AppendColumns(std::span<const ArraySlice> columns, std::vector<std::int64_t>* times,
                        std::uint32_t item);

  // Why the last row or columns were refused; names the measurement.
  const Refusal& problem() const { return problem_; }
  std::size_t row_count() const { return times_.size(); }

  // The rows so far. The builder can only be destroyed afterwards.
  DecodedMeasurement Finish();

 private:
  static constexpr std::size_t kNoColumn = static_cast<std::size_t>(-1);

  // Finds or makes the column of each cell, in slots_. False: refused.
  bool OpenColumns(std::span<const Cell> cells);
  bool OpenColumns(std::span<const ArraySlice> columns);
  bool OpenField(std::string_view name, std::size_t tag_count);
  bool OpenColumn(std::string_view name);
  std::size_t FindOrAddColumn(std::string_view name);

  bool CellsFit(std::span<const Cell> cells);
  void BeginRow();
  bool Refuse(Refusal problem);
  void DropNewColumns();

  const std::string name_;
  const std::shared_ptr<const RowSchema> schema_;

  std::vector<std::int64_t> times_;
  std::vector<std::uint32_t> items_;
  std::vector<ColumnBuilder> columns_;  // each may be shorter than times_: NULLs are still to come
  std::unordered_map<std::string, std::size_t> index_by_lower_name_;

  // These belong to the row, or the columns, being added.
  std::vector<std::size_t> slots_;        // where in columns_ each cell goes
  std::vector<std::uint64_t> opened_by_;  // for each column, the serial that opened it last
  std::uint64_t serial_ = 0;
  std::size_t columns_before_ = 0;
  Refusal problem_{""};

  // slots_ of the row before: a row with the same names only costs their comparison.
  std::vector<std::size_t> last_slots_;
};

}  // namespace arc::ingest::msgpack
