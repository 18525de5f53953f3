#include "foundation/model/names.h"

#include <algorithm>
#include <array>

namespace arc {
namespace {

constexpr std::size_t kDatabaseNameCharactersMax = 64;
constexpr std::size_t kMeasurementNameCharactersMax = 128;

// Schemas and catalogs that the SQL engine brings along: a database of such a name could be
// written to and never be read, or only ambiguously.
constexpr std::array<std::string_view, 8> kReserved = {
    "system", "internal", "information_schema", "pg_catalog", "main", "temp", "memory", "arc"};

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsNameCharacter(char c) {
  return IsLetter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool IsName(std::string_view name, std::size_t characters_max) {
  return !name.empty() && name.size() <= characters_max && IsLetter(name.front()) &&
         std::all_of(name.begin(), name.end(), IsNameCharacter);
}

}  // namespace

bool IsDatabaseName(std::string_view name) { return IsName(name, kDatabaseNameCharactersMax); }
bool IsMeasurementName(std::string_view name) {
  return IsName(name, kMeasurementNameCharactersMax);
}

Result<void> CheckDatabaseName(std::string_view name) {
  if (!IsDatabaseName(name)) {
    return Error{ErrorCode::kInvalidInput,
                 "invalid database name: must start with a letter and contain only alphanumeric "
                 "characters, underscores, or hyphens (max 64 characters)"};
  }
  for (const auto reserved : kReserved) {
    if (EqualIgnoringCase(name, reserved)) {
      return Error{ErrorCode::kInvalidInput,
                   "database name '" + std::string(name) + "' is reserved: choose another"};
    }
  }
  return {};
}

Result<void> CheckMeasurementName(std::string_view name) {
  if (IsMeasurementName(name)) return {};
  // At most 128 bytes of it, without half a UTF-8 character at the end.
  auto shown = std::min(name.size(), kMeasurementNameCharactersMax);
  while (shown < name.size() && shown > 0 && (name[shown] & 0xC0) == 0x80) shown--;
  return Error{ErrorCode::kInvalidInput,
               "invalid measurement name \"" + std::string(name.substr(0, shown)) +
                   "\": must start with a letter and contain only alphanumeric characters, "
                   "underscores, or hyphens (max 128 characters)"};
}

}  // namespace arc
