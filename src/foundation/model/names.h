// Names of databases and measurements, and the rules for them.

#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "foundation/base/result.h"

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

// True when the names are equal but for the case of ASCII letters: the rule by which SQL finds
// columns, and therefore the rule by which two columns are one.
bool EqualIgnoringCase(std::string_view a, std::string_view b);
// ASCII letters in lower case.
std::string ToLower(std::string_view text);

}  // namespace arc
