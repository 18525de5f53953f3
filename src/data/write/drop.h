// Drops measurements and databases: through memory, the order of requests, the catalog, and so the
// log (which replay reads past a tombstone) and the files (which files::FileRemover unlinks).

#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "data/buffer/live_measurements.h"
#include "data/catalog/catalog.h"
#include "data/write/sequencer.h"
#include "foundation/base/result.h"

namespace arc::write {

// Lifetime: built by Store after what it is given; nothing may run in it when that is closed.
// Threads:  any that may block: not the I/O threads, not the sequencer's.
class Dropper {
 public:
  using ForgetListener = std::function<void(MeasurementId)>;
  // Asked when the disk is too full to drop anything; false when there is no room to be had.
  using MakeRoom = std::function<bool()>;
  // Writes that have their place in the order before the drop must be done in this time.
  static constexpr std::chrono::milliseconds kBarrierTimeout{10'000};

  // `on_forgotten` is told of each measurement after its rows have gone. `barrier_timeout` is for
  // tests.
  Dropper(catalog::Catalog& catalog, buffer::LiveMeasurements& tables, Sequencer& sequencer,
          ForgetListener on_forgotten, std::chrono::milliseconds barrier_timeout = kBarrierTimeout,
          MakeRoom make_room = {});

  // When it returns, no query that begins sees the measurement, no restart brings it back, and one
  // written under its name starts empty. Queries that run finish with what they began with.
  // Fails with kNotFound when it does not exist, with kOverloaded when it is being dropped already,
  // with kUnavailable when the writes before it do not end, or as the catalog does; then all is as
  // it was.
  Result<catalog::DropCounts> DropMeasurement(const MeasurementName& name);
  // The same for a database with all its measurements.
  Result<catalog::DropCounts> DropDatabase(const std::string& name);

 private:
  Result<catalog::DropCounts> DropMarked(buffer::DropMark mark, catalog::DropChange change);
  Result<Lsn> TakePlace();

  catalog::Catalog& catalog_;
  buffer::LiveMeasurements& tables_;
  Sequencer& sequencer_;
  const ForgetListener on_forgotten_;
  const std::chrono::milliseconds barrier_timeout_;
  const MakeRoom make_room_;
};

}  // namespace arc::write
