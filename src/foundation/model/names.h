// Names of databases and measurements, and the rules for them.

#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "foundation/base/result.h"
#include "foundation/text/ascii.h"

namespace arc {

// One measurement (a table) of one database.
struct MeasurementName {
  std::string database;
  std::string measurement;

  auto operator<=>(const MeasurementName&) const = default;
  std::string ToString() const { return database + "." + measurement; }
};

// Identifies a measurement for ever: a re-created measurement of the same name has a new id.
enum class MeasurementId : std::uint64_t {};

// The database of requests that name none.
inline constexpr std::string_view kDefaultDatabase = "default";

// A letter, then letters, digits, '_' or '-'; at most 64 characters. Safe as a folder name.
// Also refused: names that SQL already gives a meaning (information_schema, main, temp, ...).
Result<void> CheckDatabaseName(std::string_view name);

// A letter, then letters, digits, '_' or '-'; at most 128 characters. Safe as a folder name.
Result<void> CheckMeasurementName(std::string_view name);

// The two above without the message, for hot paths. IsDatabaseName does not look for reserved
// names.
bool IsDatabaseName(std::string_view name);
bool IsMeasurementName(std::string_view name);

}  // namespace arc
