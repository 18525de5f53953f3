// The payload of a record back to rows: docs/formats/wal.md, "Row payload".

#pragma once

#include <string_view>
#include <vector>

#include "data/wal/row_encoder.h"
#include "foundation/base/result.h"
#include "foundation/model/column_batch.h"
#include "foundation/model/names.h"

namespace arc::wal {

struct DecodedRows {
  MeasurementId id{};
  MeasurementName name;
  ColumnBatch batch;  // at least one row; obeys every rule of ColumnBatch; time range set
  RequestEnds ends;   // empty: all rows have the record's LSN; else they cover all rows
};

// Fails with kCorruptData when the bytes are not such a payload: `detail` says where and why. No
// bytes make it read outside of them or ask for more memory than a small multiple of them.
Result<std::vector<DecodedRows>> DecodeRows(std::string_view payload);

}  // namespace arc::wal
