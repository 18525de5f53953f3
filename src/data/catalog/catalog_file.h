// The SQLite file of the catalog: its creation, its identity, its tables. docs/formats/catalog.md.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "data/catalog/file_entry.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/sqlite/sqlite.h"

namespace arc::catalog {

// Opens the catalog at `path`, and makes an empty one when there is none; its folder must exist.
// One of an older format is brought to this one.
// Fails with kCorruptData, and leaves the file as it is, when it is not a catalog or its format is
// newer than kFormatVersion; with kNoSpace or kStorageFailed when the disk refuses.
// What is read afterwards is durable: also what was written before a sync failed or a process died.
Result<std::unique_ptr<sqlite::SqliteConnection>> OpenCatalogFile(fs::FileSystem& file_system,
                                                                  const std::string& path);

// SQLite's own check of the file at `path`, which must exist and be open nowhere. Reads all of it.
// Fails with kCorruptData and what is wrong, or as opening it does.
Result<void> CheckCatalogFile(fs::FileSystem& file_system, const std::string& path);

inline constexpr std::int64_t kApplicationId = 0x41524341;  // "ARCA"
inline constexpr std::int64_t kFormatVersion = 5;

// Words and keys of the tables.
inline constexpr std::string_view kGreatestLsnKey = "greatest_lsn";
inline constexpr std::string_view kGreatestMeasurementIdKey = "greatest_measurement_id";
inline constexpr std::string_view kGenerationKey = "generation";
inline constexpr std::string_view kDigestKey = "digest";
std::string_view ToWord(SortOrder order);
// False for a word that stands for no order.
bool ParseSortOrder(std::string_view word, SortOrder& order);

}  // namespace arc::catalog
