// The fast path, for a line with the same keys in the same order as an earlier line of its
// measurement. Nearly all lines of telemetry are like that. The keys then need no look-up, only a
// comparison.
//
// The reader walks over the structural bytes of the line. Each must be the one that the layout asks
// for: '=' right behind the expected key, then ',' ' ' or newline behind the value. A backslash, or
// a quote in a wrong place, is a structural byte too, so it does not fit and ends the attempt. The
// same happens for another key and for a value that does not parse or does not fit its column. The
// caller then abandons the row and gives the line to the record parser: this reader never says why,
// and never decides that a line is bad.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "data/ingest/line_protocol/measurement_builder.h"
#include "data/ingest/line_protocol/record_parser.h"

namespace arc::ingest::line_protocol {

// The keys of an accepted line, and their columns.
struct LineLayout {
  struct Entry {
    std::string_view key;  // in the body; the '=' follows it there
    ColumnBuilder* column;
  };

  std::vector<Entry> entries;  // tags, then fields; empty: no line was learned yet
  std::size_t tag_count = 0;

  // Takes the keys of `record`, whose cells are `cells`. The record must have plain keys.
  void Learn(const ParsedRecord& record, const std::vector<MeasurementBuilder::Cell>& cells);
};

enum class PlainLineOutcome : std::uint8_t {
  kRead,
  kOther,       // not a plain line of this layout
  kWindowEnds,  // perhaps a plain line, but it ends behind the last structural position given
};

// Where a line ended, and its timestamp.
struct PlainLine {
  const std::uint32_t* next = nullptr;  // the structural position behind its newline
  std::size_t newline = 0;              // position of the newline that ends it
  std::uint32_t newline_count = 0;      // that newline, and those within strings
  bool has_timestamp = false;
  std::int64_t timestamp = 0;
};

// Reads the rest of a line, after its measurement, and adds its cells to the row that `builder` has
// begun. After any outcome other than kRead the row can only be abandoned.
//
// `next` points at the structural position of the byte that ends the measurement, `end` behind the
// last known position.
PlainLineOutcome ReadPlainLine(std::string_view body, const std::uint32_t* next,
                               const std::uint32_t* end, const LineLayout& layout,
                               MeasurementBuilder& builder, PlainLine& line);

}  // namespace arc::ingest::line_protocol
