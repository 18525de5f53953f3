// Verifies everything in a data directory while no server uses it.

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
  std::uint64_t damage_count = 0;  // each was reported to the listener
};

struct VerifyListener {
  // Called for each damaged thing: a stored file, the catalog, a file of the log.
  std::function<void(std::string_view what, std::string_view why)> on_damage;
  // Called after each file.
  std::function<void(const VerifyReport&)> on_progress = [](const VerifyReport&) {};
};

// Locks the data directory. Checks the catalog (SQLite's own check, then every row), every byte of
// every file that it lists, and the checksums of the write-ahead log. Opening the catalog may move
// SQLite's own log into it and bring an older format up to date; nothing else is changed.
// Fails with kOverloaded while a server has the lock, and with kNotFound when there is no data
// directory. Damage is reported to the listener and is not a failure.
Result<VerifyReport> VerifyDataDirectory(const store::Store::Options& options,
                                         const VerifyListener& listener);

}  // namespace arc::offline
