// Decodes the body of a line protocol request straight into typed columns.
//
// Grammar: record_parser.h. What may be stored: measurement_builder.h. How it is fast: the body is
// scanned for structural bytes with wide instructions (structural_scan.h), and a line with the
// keys of the line before is read by comparing them (plain_line.h). The obvious decoder that
// tests and fuzzers compare with is line_protocol_reference.h.

#pragma once

#include <cstdint>
#include <string_view>

#include "data/ingest/decoded_piece.h"
#include "data/ingest/line_protocol/precision.h"
#include "data/ingest/line_protocol/record_parser.h"
#include "data/ingest/line_protocol/structural_window.h"
#include "foundation/model/decoded_body.h"
#include "foundation/model/schema.h"
#include "foundation/model/time_limits.h"

namespace arc::ingest {

struct LineProtocolOptions {
  Precision precision = Precision::kNanoseconds;
  // The time of lines that carry none.
  std::int64_t now_micros = 0;
  // Which timestamps are believed; the server's own time always is.
  TimeLimits times{};
  // How many NULLs the batches of one body may hold: columns are dense, so a small body in which
  // every line brings a field of its own would otherwise take memory with the square of its lines.
  // A line that would exceed it is rejected. The default is 256 MiB of numbers.
  std::uint64_t nulls_max = std::uint64_t{1} << 25;
};

// A pure function of its arguments that keeps its scratch memory from call to call.
//
// Threads: one Decode at a time; one decoder per thread.
class LineProtocolDecoder {
 public:
  // Never fails as a whole: good lines are stored in their order, every other line is a rejection
  // with the number of the line (from 1) where its record begins. Bytes that are not UTF-8 reject
  // their record. Every batch keeps the rules of column_batch.h, and nothing refers to `body`.
  // Requires: body under 4 GiB.
  DecodedBody Decode(std::string_view body, const LineProtocolOptions& options,
                     const SchemaSource& schemas);

  // The same for a piece of a body that goes on behind it: decodes the records that end in it, and
  // says how far they reach. Uses no byte when none is certain to end in it.
  DecodedPiece DecodePiece(std::string_view piece, const LineProtocolOptions& options,
                           const SchemaSource& schemas);

 private:
  line_protocol::StructuralWindow window_;
  line_protocol::RecordParser parser_;
};

}  // namespace arc::ingest
