// Puts the rows of the write-ahead log back into the buffers after a start: exactly those that are
// in no file.

#pragma once

#include <cstddef>
#include <functional>
#include <unordered_set>
#include <vector>

#include "data/buffer/live_measurements.h"
#include "data/wal/log_record.h"
#include "data/wal/row_decoder.h"
#include "foundation/base/result.h"
#include "foundation/model/names.h"
#include "foundation/time/clock.h"

namespace arc::write {

// Lifetime: of one recovery. Threads: one, before the sequencer exists.
class Replay {
 public:
  struct Options {
    std::size_t buffered_bytes_max;             // before `make_room` is called
    std::unordered_set<MeasurementId> dropped;  // whose rows are gone for ever
  };
  using PublishedListener = std::function<void(const std::shared_ptr<buffer::LiveMeasurement>&)>;
  // Returns when the buffers hold less, or with why they cannot.
  using MakeRoom = std::function<Result<void>()>;

  Replay(Options options, buffer::LiveMeasurements& tables, const Clock& clock,
         PublishedListener on_published, MakeRoom make_room);

  // Publishes the rows of a record whose LSN is above what their measurement has in files, the way
  // the sequencer does. Fails with kCorruptData, and publishes none of the record, when it cannot
  // be read or contradicts the catalog; with what make_room fails with.
  Result<void> Apply(const wal::RecoveredRecord& record);

  std::uint64_t row_count() const { return row_count_; }  // put back

 private:
  Result<std::vector<std::shared_ptr<buffer::LiveMeasurement>>> FindMeasurements(
      std::vector<wal::DecodedRows>& parts);

  const Options options_;
  buffer::LiveMeasurements& tables_;
  const Clock& clock_;
  const PublishedListener on_published_;
  const MakeRoom make_room_;
  std::uint64_t row_count_ = 0;
};

}  // namespace arc::write
