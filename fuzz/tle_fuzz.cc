// Element sets, whole and in two pieces: the same rows, the same rejections.

#include "data/ingest/tle/tle_decoder.h"
#include "foundation/model/column_batch.h"
#include "fuzzing.h"

namespace {

using arc::fuzzing::Require;

struct Counts {
  std::uint64_t rows = 0;
  std::uint64_t rejections = 0;

  void Add(const arc::DecodedBody& body) {
    rows += body.row_count();
    rejections += body.rejections.count;
    for (const auto& measurement : body.measurements) {
      const auto broken = arc::FindBrokenRule(measurement.batch);
      Require(broken.empty(), broken);
    }
  }
};

}  // namespace

// The first byte says where to cut, in sixteenths of a kilobyte.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto text = arc::fuzzing::TextOf(data + 1, size - 1);
  Counts whole;
  whole.Add(arc::ingest::DecodeTle(text, "m"));
  const auto cut = std::min<std::size_t>(text.size(), std::size_t{data[0]} * 64 / 16);
  const auto piece = arc::ingest::DecodeTlePiece(text.substr(0, cut), "m");
  Require(piece.bytes_used <= cut, "more was used than there is");
  Counts parts;
  parts.Add(piece.body);
  parts.Add(arc::ingest::DecodeTle(text.substr(piece.bytes_used), "m"));
  Require(parts.rows == whole.rows, "rows differ by the cut");
  Require(parts.rejections == whole.rejections, "rejections differ by the cut");
  return 0;
}
