// The last check before a batch is sequenced: its columns join the measurement's registered
// schema. After it nothing about the batch can be refused any more.

#pragma once

#include <cstddef>

#include "base/result.h"
#include "buffer/live_measurement.h"
#include "model/decoded_body.h"

namespace arc::buffer {

// Widens the registered schema by the columns of `decoded` (new columns, int64 to double, field to
// tag). Columns take the registered spelling of their names. Rows with a time outside kTimeMin to
// kTimeMax, with a value that fits no type the column can have, or with a value in a column beyond
// `columns_max` (without `time`), are
// removed from `decoded` and reported; columns that only such rows filled go with them.
// Threads: any number at once, for the same measurement too.
void AdmitBatch(LiveMeasurement& live, std::size_t columns_max, DecodedMeasurement& decoded,
                RejectionReport& report);

// For rows that were admitted once and are read back: the same without limits. Fails with
// kCorruptData, and changes nothing, when a column has a type that the measurement refuses.
Result<void> JoinRegistered(LiveMeasurement& live, ColumnBatch& batch);

}  // namespace arc::buffer
