// Adopts a folder of Parquet files while no server runs on the data directory.

#pragma once

#include <string>

#include "base/result.h"
#include "config/config.h"
#include "storage/adopter.h"

namespace arc {

// Takes the data directory for itself, replays the log, adopts (storage/adopter.h) and closes
// everything again. Fails with kOverloaded while a server has the data directory, as a start of the
// server fails, or as Adopter::Adopt does. Whatever it fails with, what was adopted so far stays.
Result<storage::AdoptReport> AdoptFolder(const Config& config, const std::string& folder,
                                         const storage::AdoptListener& listener);

}  // namespace arc
