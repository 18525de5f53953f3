// Arrow arrays, as readers give them, -> columns and times of ours.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/column_batch.h"
#include "model/schema.h"
#include "storage/time_parser.h"

namespace arrow {
class Array;
class DataType;
}  // namespace arrow

namespace arc::storage {

// The type of ours that takes the values of an Arrow type (kNull for Arrow's null type). Fails with
// kUnprocessable for types that have none: lists, structs, maps, times of day, intervals.
Result<ColumnType> ColumnTypeOf(const std::string& column_name, const arrow::DataType& type);

// Fails with kUnprocessable when a value does not fit: an unsigned integer past 2^63, text that is
// not UTF-8, a timestamp past what microseconds can say.
Result<Column> ColumnOf(const std::string& name, const std::shared_ptr<arrow::Array>& array);

// The times of a column of timestamps, dates, numbers or texts. `first_row` is the number of its
// first row in the file, for messages. A missing or unreadable time is kUnprocessable.
Result<std::vector<std::int64_t>> TimesOf(const std::string& name,
                                          const std::shared_ptr<arrow::Array>& array,
                                          TimeParser& parser, std::uint64_t first_row);

}  // namespace arc::storage
