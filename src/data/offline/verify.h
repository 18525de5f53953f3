// Verifies everything in a data directory while no server runs on it.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "data/store/store.h"
#include "foundation/base/result.h"

namespace arc::offline {

struct VerifyReport {
  std::uint64_t file_count = 0;  // stored files looked at, with the bytes read
  std::uint64_t byte_count = 0;
  std::uint64_t damage_count = 0;  // each was told to the listener
};

struct VerifyListener {
  // Told of each thing that is wrong: a stored file, the catalog, a file of the log.
  std::function<void(std::string_view what, std::string_view why)> on_damage;
  // After each file.
  std::function<void(const VerifyReport&)> on_progress = [](const VerifyReport&) {};
};

// Takes the data directory for itself. Checks the catalog (SQLite's own check, then every row),
// every file that it lists, to the last byte, and the checksums of the write-ahead log. Changes
// nothing but what each opening of the catalog does: its own log is settled, an older format
// brought up to date.
// Fails with kOverloaded while a server has the data directory, kNotFound when there is none. What
// is damaged is no failure, but told.
Result<VerifyReport> VerifyDataDirectory(const store::Store::Options& options,
                                         const VerifyListener& listener);

}  // namespace arc::offline
