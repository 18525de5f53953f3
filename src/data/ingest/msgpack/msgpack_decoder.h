// Decodes the body of a MessagePack write request straight into typed columns.
//
// A body is one item, an array of items, or {"batch": [items]}. An item is a map, either
//   columns: {"m": name, "columns": {"time": [...], column: [...], ...}}, or
//   a row:   {"m": name, "t": time, "h": host, "tags": {...}, "fields": {...}, "f": [...]}.
// A measurement given as the integer n is "measurement_<n>", a host "host_<n>"; the entries of "f"
// are the fields field_0, field_1, ... Items of one measurement become one batch. Other keys are
// ignored.
//
// A column has the type that the measurement has for it already, else that of its first value;
// integers become floats. A row is rejected alone when its column cannot hold one of its values, or
// when its time is bad or outside of the limits. An item is rejected as a whole when its form is
// wrong. Rejection::line is the index of the item. Times: see timestamps.h; rows without a time get
// the server's.
//
// Each item is read twice. The scan (item.h) checks every byte, so that later reads cannot fail,
// and finds an item's parts. Then the item is stored: a columnar item as whole arrays if all its
// rows fit, else row by row; a row item as one row. Bytes that are not MessagePack fail the whole
// body: no row of it is stored.

#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "foundation/base/result.h"
#include "foundation/model/decoded_body.h"
#include "foundation/model/schema.h"
#include "foundation/model/time_limits.h"

namespace arc::ingest {

struct MsgpackOptions {
  std::int64_t now_micros;  // the time of rows without a time
  TimeLimits times{};       // which times of rows are accepted
};

// Threads: one Decode at a time. Scratch memory is kept from one call to the next.
// Limits:  bodies of 1 GiB; 32 levels of arrays and maps; 4,096 columns for each measurement.
class MsgpackDecoder {
 public:
  MsgpackDecoder();
  ~MsgpackDecoder();
  MsgpackDecoder(MsgpackDecoder&&) noexcept;
  MsgpackDecoder& operator=(MsgpackDecoder&&) noexcept;

  // The result does not point into `body`. A body without items gives an empty result.
  // Fails with kInvalidInput when the body as a whole is not MessagePack, or is neither a map nor
  // an array, and with kTooLarge beyond 1 GiB.
  Result<DecodedBody> Decode(std::string_view body, const MsgpackOptions& options,
                             const SchemaSource& schemas);

 private:
  struct Scratch;
  std::unique_ptr<Scratch> scratch_;
};

}  // namespace arc::ingest
