// What a decoder makes of the body of one write request.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/column_batch.h"

namespace arc {

// A line or item that cannot be stored, and why.
struct Rejection {
  std::uint64_t line;   // line protocol: 1-based line; MessagePack: 0-based item or row
  std::string message;  // for the client
};

// All rejections are counted, the first ones are told.
struct RejectionReport {
  static constexpr std::size_t kToldMax = 100;

  std::uint64_t count = 0;
  std::vector<Rejection> first;  // at most kToldMax, by line

  void Add(std::uint64_t line, std::string message) {
    count++;
    if (first.size() < kToldMax) first.push_back({line, std::move(message)});
  }
};

struct DecodedMeasurement {
  std::string measurement;           // a valid measurement name
  ColumnBatch batch;                 // at least one row; time range set
  std::vector<std::uint32_t> lines;  // for each row, the line or item it came from
};

struct DecodedBody {
  std::vector<DecodedMeasurement> measurements;  // names distinct
  RejectionReport rejections;

  std::uint64_t row_count() const {
    std::uint64_t count = 0;
    for (const auto& measurement : measurements) count += measurement.batch.row_count();
    return count;
  }
};

// Whether all of what was decoded may be stored: the one question about rights that counts,
// whatever the decoder asked on its way. `authorize` takes the name of a measurement and returns a
// Result<void>; the first failure is the answer.
template <class Authorize>
Result<void> AuthorizeBody(const DecodedBody& body, const Authorize& authorize) {
  for (const auto& decoded : body.measurements) TRY(authorize(decoded.measurement));
  return {};
}

}  // namespace arc
