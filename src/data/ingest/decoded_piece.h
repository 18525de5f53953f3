// The result of decoding a piece of a body that is too large to be decoded at once.

#pragma once

#include <cstddef>
#include <cstdint>

#include "foundation/model/decoded_body.h"

namespace arc::ingest {

struct DecodedPiece {
  DecodedBody body;            // lines are counted from the beginning of the piece, from 1
  std::size_t bytes_used = 0;  // what follows is the beginning of a record, to be decoded again
                               // together with the bytes behind the piece
  std::uint64_t lines_used = 0;
};

}  // namespace arc::ingest
