// One item of a body, scanned but not yet stored: which form it has, and where its values are.

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

// A measurement of a body has at most so many columns. Every row has a cell in each of them, so
// rows that all name new columns would need memory with the square of their number.
inline constexpr std::size_t kColumnsMax = 4096;

// The depth for reading the values of a column again. The scan has checked their real depth.
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

// Everything that an item may hold. Views point into the body, or into the item itself; those are
// valid until it is scanned again.
struct Item {
  std::optional<Value> measurement;

  bool has_columns = false;
  std::optional<ArraySlice> time_column;
  std::vector<ArraySlice> columns;  // without the time
  std::uint64_t row_count = 0;      // the length of every column

  bool has_row_parts = false;  // a key of the row form was there
  std::optional<Value> time;
  std::vector<Cell> tags;    // the host first; nulls are left out
  std::vector<Cell> fields;  // those of "fields", those of "f"

  const char* batch = nullptr;  // the value of the key "batch"

  // Why the item cannot be stored, or empty. What comes after the first problem is skipped.
  std::string problem;

  // Hold names and values that do not stand in the body.
  std::string host_text;
  std::deque<std::string> compact_names;  // field_0, field_1, ...
};

// Reads the next value of the body as an item into `item`, whose memory is reused. Returns false
// when the bytes are not MessagePack. `depth`: how many containers stand around it.
bool ScanItem(Reader& reader, int depth, Item& item);

}  // namespace arc::ingest::msgpack
