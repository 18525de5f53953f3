// Turns Arrow arrays, as Arrow's readers return them, into columns and times of ours.
//
// ColumnTypeOf decides from the Arrow type alone, so an import knows its columns before it reads a
// row. ColumnOf then converts the values and refuses each value that would not stay what it is:
// what Arrow would convert quietly (a decimal to some float near it, bytes to text) is checked
// here.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/encoding/time_parser.h"
#include "foundation/base/result.h"
#include "foundation/model/column_batch.h"
#include "foundation/model/schema.h"
#include "foundation/text/exact_number.h"

namespace arrow {
class Array;
class DataType;
}  // namespace arrow

namespace arc::encoding {

// The column type for the values of an Arrow type (kNull for Arrow's null type). Decimals become
// floats; with kAsText, decimals with more than the 15 digits that any float keeps become strings.
// Fails with kUnprocessable for types that we cannot store: lists, structs, maps, times of day,
// intervals.
Result<ColumnType> ColumnTypeOf(const std::string& column_name, const arrow::DataType& type,
                                std::optional<LongNumbers> long_numbers);

// Who will read the values: an import stores them, or the engine reads the file in place.
enum class ValueReader : std::uint8_t { kImport, kEngine };

// Fails with kUnprocessable when a value does not fit: an unsigned integer of 2^63 or more, text
// that is not UTF-8, a timestamp that does not fit into microseconds, without `long_numbers` a
// decimal with more digits than a float keeps. With kEngine also for a decimal that the engine
// would read as another float than the nearest.
Result<Column> ColumnOf(const std::string& name, const std::shared_ptr<arrow::Array>& array,
                        std::optional<LongNumbers> long_numbers,
                        ValueReader reader = ValueReader::kImport);

// Called for each row without a good time, with the reason. When it returns success, the time of
// the row is 0.
using BadTimeHandler = std::function<Result<void>(std::size_t row, const std::string& reason)>;

// The times of a column of timestamps, dates, numbers or texts; decimals are read exactly. Fails
// with kUnprocessable for any other column, or as `on_bad_time` does.
Result<std::vector<std::int64_t>> TimesOf(const std::string& name,
                                          const std::shared_ptr<arrow::Array>& array,
                                          TimeParser& parser, const BadTimeHandler& on_bad_time);

}  // namespace arc::encoding
