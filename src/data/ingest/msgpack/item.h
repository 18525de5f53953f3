// One item of a body, taken apart but not yet stored: which format it has and where its values are.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/ingest/msgpack/reader.h"
#include "data/ingest/msgpack/value.h"

namespace arc::ingest::msgpack {

// A measurement of a body has at most so many columns: every row has a cell in each of them, so
// rows that all name new columns would take memory with the square of their number.
inline constexpr std::size_t kColumnsMax = 4096;

// For reading the values of a column again: that they are not nested too deeply has been checked.
inline constexpr int kDepthInColumn = 1;

// The array of a columnar item.
struct ArraySlice {
  std::string_view name;
  const char* values = nullptr;  // the first one
  std::uint64_t count = 0;
  KindSet kinds;
};

// One value of a row.
struct Cell {
  std::string_view name;
  Value value;
  bool is_tag = false;
};

// Everything an item may say. Views point into the body, or into the item until it is scanned
// again.
struct Item {
  std::optional<Value> measurement;

  bool has_columns = false;
  std::optional<ArraySlice> time_column;
  std::vector<ArraySlice> columns;  // without the time
  std::uint64_t row_count = 0;      // the length of every column

  bool has_row_parts = false;  // any key of the row format
  std::optional<Value> time;
  std::vector<Cell> tags;    // the host first; no null ones
  std::vector<Cell> fields;  // those of "fields", those of "f"

  const char* batch = nullptr;  // the value of the key "batch"

  // Why the item cannot be stored, or empty. What comes after the first problem is skipped.
  std::string problem;

  // Backs names and values that the body does not spell out.
  std::string host_text;
  std::deque<std::string> compact_names;  // field_0, field_1, ...
};

// Reads the next value of the body as an item into `item`, of which only memory is kept. Returns
// false when the bytes are not MessagePack. `depth`: how many containers stand around it.
bool ScanItem(Reader& reader, int depth, Item& item);

}  // namespace arc::ingest::msgpack
