// The INT96 columns of a Parquet file: a time of a day and a day, as Spark, Hive and Impala write
// times. Arrow makes microseconds of them without a look at what they hold.

#pragma once

#include "foundation/base/result.h"

namespace parquet {
class ParquetFileReader;
}  // namespace parquet

namespace arc::encoding {

// Reads all INT96 columns that are not nested, and nothing of a file without one. Fails with
// kUnprocessable, naming column and row (from 1), at the first value that is no time of a day or
// outside kTimeMin to kTimeMax; with exceptions of Parquet when the file cannot be read.
Result<void> CheckInt96Times(parquet::ParquetFileReader& file);

}  // namespace arc::encoding
