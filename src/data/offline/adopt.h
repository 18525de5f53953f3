// Adopts a folder of Parquet files while no server runs on the data directory.

#pragma once

#include <chrono>
#include <string>

#include "data/adoption/adopter.h"
#include "data/store/store.h"
#include "foundation/base/result.h"

namespace arc::offline {

// Takes the data directory for itself, replays the log, adopts (adoption/adopter.h) and closes
// everything again. Fails with kOverloaded while a server has the data directory, as a start of the
// server fails, or as Adopter::Adopt does. Closing waits for flushes up to `close_timeout`.
// Whatever it fails with, what was adopted so far stays.
Result<adoption::AdoptReport> AdoptFolder(const store::Store::Options& options,
                                          const std::string& folder,
                                          std::chrono::milliseconds close_timeout,
                                          const adoption::AdoptListener& listener);

}  // namespace arc::offline
