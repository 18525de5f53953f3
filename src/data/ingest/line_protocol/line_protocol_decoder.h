// Decodes the body of a line protocol request straight into typed columns.
//
// For each line that is not blank or a comment:
//   1. A wide-instruction scan has found the structural bytes of this part of the body
//      (structural_scan.h).
//   2. The fast path (plain_line.h) tries to read the line with the keys of the last accepted line
//      of its measurement: it compares them and looks nothing up. If anything is unusual it gives
//      up, and nothing has changed.
//   3. Then the slow path finds the end of the record, parses it by the whole grammar
//      (record_parser.h), and puts it into its measurement (measurement_builder.h). Either its
//      whole row is added, and the fast path learns its keys, or the record is a rejection and
//      leaves no row, column or measurement behind.
// So only the slow path rejects anything, and both paths store the same rows in the same order. The
// obvious decoder that tests and fuzzers compare with is line_protocol_reference.h.

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
  // The time of lines without a timestamp.
  std::int64_t now_micros = 0;
  // Which timestamps are accepted; now_micros always is.
  TimeLimits times{};
  // How many NULLs the batches of one body may hold. Columns are dense: without this limit a small
  // body in which every line brings a new field would need memory with the square of its lines. A
  // line that would exceed the limit is rejected. The default is 256 MiB of numbers.
  std::uint64_t nulls_max = std::uint64_t{1} << 25;
};

// A pure function of its arguments that keeps its scratch memory from call to call.
//
// Threads: one Decode at a time; one decoder per thread.
class LineProtocolDecoder {
 public:
  // Never fails as a whole: good lines are stored in their order, every other line is a rejection
  // with the number of the line (from 1) where its record begins. Bytes that are not UTF-8 reject
  // their record. Every batch keeps the rules of column_batch.h, and nothing points into `body`.
  // Requires: `body` is under 4 GiB.
  DecodedBody Decode(std::string_view body, const LineProtocolOptions& options,
                     const SchemaSource& schemas);

  // The same for a piece of a body that continues after it: decodes the records that certainly end
  // in the piece, and says how far they reach. That may be no record at all.
  DecodedPiece DecodePiece(std::string_view piece, const LineProtocolOptions& options,
                           const SchemaSource& schemas);

 private:
  line_protocol::StructuralWindow window_;
  line_protocol::RecordParser parser_;
};

}  // namespace arc::ingest
