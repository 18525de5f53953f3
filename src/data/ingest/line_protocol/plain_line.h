// The fast path: a line with the same keys in the same order as an earlier line of its measurement.
// Telemetry is nearly always that. The keys then need no look-up, only a comparison, and everything
// unusual (an escape, another key, a value that does not parse) is left to the record parser:
// this reader never says why, and never decides that a line is bad.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "data/ingest/line_protocol/measurement_builder.h"
#include "data/ingest/line_protocol/record_parser.h"

namespace arc::ingest::line_protocol {

// The keys of an accepted line, and the columns they stand for.
struct LineLayout {
  struct Entry {
    std::string_view key;  // in the body; the '=' follows it there
    ColumnBuilder* column;
  };

  std::vector<Entry> entries;  // tags, then fields; empty: none learned
  std::size_t tag_count = 0;

  // Takes the keys of `record`, whose cells are `cells`. The record must have plain keys.
  void Learn(const ParsedRecord& record, const std::vector<MeasurementBuilder::Cell>& cells);
};

enum class PlainLineOutcome : std::uint8_t {
  kRead,
  kOther,       // not a plain line of this layout
  kWindowEnds,  // perhaps one, but its end is outside of the structural positions given
};

// Where a line ended and what stood behind its fields.
struct PlainLine {
  const std::uint32_t* next = nullptr;  // the structural position behind its newline
  std::size_t newline = 0;              // position of the newline that ends it
  std::uint32_t newline_count = 0;      // that one, and those within strings
  bool has_timestamp = false;
  std::int64_t timestamp = 0;
};

// Reads one line behind its measurement, and adds its cells to the row that `builder` has begun.
// After any outcome but kRead the row can only be abandoned.
//
// `next` points at the structural position of the byte that ends the measurement, `end` behind the
// last position known.
PlainLineOutcome ReadPlainLine(std::string_view body, const std::uint32_t* next,
                               const std::uint32_t* end, const LineLayout& layout,
                               MeasurementBuilder& builder, PlainLine& line);

}  // namespace arc::ingest::line_protocol
