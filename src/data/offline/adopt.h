// Adopts a folder of Parquet files while no server uses the data directory.

#pragma once

#include <chrono>
#include <string>

#include "data/adoption/adopter.h"
#include "data/store/store.h"
#include "foundation/base/result.h"

namespace arc::offline {

// Locks the data directory, replays the log, adopts (adoption/adopter.h) and closes everything
// again. Fails with kOverloaded while a server has the lock, as a start of the server fails, or as
// Adopter::Adopt fails. Closing waits for flushes for at most `close_timeout`. After a failure the
// files that were adopted so far stay adopted.
Result<adoption::AdoptReport> AdoptFolder(const store::Store::Options& options,
                                          const std::string& folder,
                                          std::chrono::milliseconds close_timeout,
                                          const adoption::AdoptListener& listener);

}  // namespace arc::offline
