// For tests: reads the contents of a Parquet file by Arrow's own reader.

#pragma once

#include <map>
#include <string>
#include <vector>

namespace arc::encoding {

struct ReadBack {
  std::vector<std::string> columns;           // "name: type", as Arrow prints them
  std::vector<std::string> encodings;         // "name: codec, encodings" of the first row group
  std::map<std::string, std::string> labels;  // key-value metadata of the footer
  // A row as its values in order, joined with ' ': time as a number, strings in quotes.
  std::vector<std::string> rows;
};

// Both fail the test when the file cannot be read.
ReadBack ReadParquetFile(const std::string& path);
ReadBack ReadParquetBytes(const std::string& bytes);  // of a whole file

}  // namespace arc::encoding
