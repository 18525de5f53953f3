// Decodes texts of two-line element sets into rows of one measurement.
//
//   entry   (name newline)? line1 newline line2 newline
//
// A name may have "0 " in front. A satellite without a name is called "NORAD " and its number.
// Blank lines and carriage returns before newlines are ignored.
//
// Tags norad_id, object_name, classification, international_designator, orbit_type; the other
// columns are the numbers of ElementSet and Orbit, as floats. The time is the epoch.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/ingest/decoded_piece.h"
#include "foundation/model/decoded_body.h"
#include "foundation/model/time_limits.h"

namespace arc::ingest {

// Good entries are stored, in their order. Every other entry is a rejection with the line where it
// begins, also one whose epoch `times` do not allow. `measurement` is a valid name. A pure
// function; any thread may call it.
DecodedBody DecodeTle(std::string_view text, const std::string& measurement,
                      const TimeLimits& times = {});

// The same for a piece of a text that continues after it.
DecodedPiece DecodeTlePiece(std::string_view piece, const std::string& measurement,
                            const TimeLimits& times = {});

// The numbers of the satellites in a batch of these decoders, each once.
std::vector<std::string> SatellitesOf(const ColumnBatch& batch);

}  // namespace arc::ingest
