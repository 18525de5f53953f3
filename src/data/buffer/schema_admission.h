// The last check before a batch is sequenced: its columns join the measurement's registered
// schema. After it nothing about the batch can be refused any more.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "data/buffer/live_measurement.h"
#include "foundation/base/result.h"
#include "foundation/model/decoded_body.h"
#include "foundation/model/ingest_limits.h"

namespace arc::buffer {

// Widens the registered schema by the columns of `decoded` (new columns, int64 to double, field to
// tag). Columns take the registered spelling of their names. Rows with a time outside kTimeMin to
// kTimeMax, with a value that fits no type the column can have, or with a value or a column beyond
// `limits`, are removed from `decoded` and reported; columns that only such rows filled go with
// them.
// Threads: any number at once, for the same measurement too.
void AdmitBatch(LiveMeasurement& live, const IngestLimits& limits, DecodedMeasurement& decoded,
                RejectionReport& report);

// Why a column of this name is too much for a measurement that has `column_count` without it; or
// nothing.
std::optional<std::string> ColumnProblem(std::string_view name, std::size_t column_count,
                                         const IngestLimits& limits);
// The length of the longest string of a column, in bytes. Free unless there is one that could pass
// `bytes_max`.
std::size_t LongestAbove(const Column& column, std::size_t bytes_max);

// For rows that were admitted once and are read back: the same without limits. Fails with
// kCorruptData, and changes nothing, when a column has a type that the measurement refuses.
Result<void> JoinRegistered(LiveMeasurement& live, ColumnBatch& batch);

}  // namespace arc::buffer
