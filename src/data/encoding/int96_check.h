// Checks the INT96 columns of a Parquet file. Spark, Hive and Impala write times in this form: a
// time of day and a day. Arrow converts them to microseconds without checking them.

#pragma once

#include "foundation/base/result.h"

namespace parquet {
class ParquetFileReader;
}  // namespace parquet

namespace arc::encoding {

// Reads all INT96 columns that are not nested; reads nothing if the file has no such column. Fails
// with kUnprocessable, naming column and row (from 1), at the first value that is not a time of day
// or is outside of kTimeMin to kTimeMax. Throws Parquet's exceptions when the file cannot be read.
Result<void> CheckInt96Times(parquet::ParquetFileReader& file);

}  // namespace arc::encoding
