// Arrow arrays, as readers give them, -> columns and times of ours.

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

// The type of ours that takes the values of an Arrow type (kNull for Arrow's null type). Decimals
// are floats; with kAsText those of more digits than any float keeps (15) are strings. Fails with
// kUnprocessable for types that have none: lists, structs, maps, times of day, intervals.
Result<ColumnType> ColumnTypeOf(const std::string& column_name, const arrow::DataType& type,
                                std::optional<LongNumbers> long_numbers);

// Who reads the values from here on: an import, or the engine in place.
enum class ValueReader : std::uint8_t { kImport, kEngine };

// Fails with kUnprocessable when a value does not fit: an unsigned integer past 2^63, text that is
// not UTF-8, a timestamp past what microseconds can say; without `long_numbers` a decimal with more
// digits than a float keeps; a decimal of which the engine, when that is to read it, makes another
// float than the nearest.
Result<Column> ColumnOf(const std::string& name, const std::shared_ptr<arrow::Array>& array,
                        std::optional<LongNumbers> long_numbers,
                        ValueReader reader = ValueReader::kImport);

// Told which row has no time, and why; its time is 0 when this does not fail.
using BadTimeHandler = std::function<Result<void>(std::size_t row, const std::string& reason)>;

// The times of a column of timestamps, dates, numbers or texts; decimals are exact. Fails with
// kUnprocessable on any other column, or as `on_bad_time` does.
Result<std::vector<std::int64_t>> TimesOf(const std::string& name,
                                          const std::shared_ptr<arrow::Array>& array,
                                          TimeParser& parser, const BadTimeHandler& on_bad_time);

}  // namespace arc::encoding
