// Names against the rule in its plainest words: whatever is accepted is safe as a folder.

#include <algorithm>

#include "foundation/model/names.h"
#include "fuzzing.h"

namespace {

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsPart(char c) { return IsLetter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-'; }

bool IsSafe(std::string_view name, std::size_t size_max) {
  return !name.empty() && name.size() <= size_max && IsLetter(name.front()) &&
         std::all_of(name.begin(), name.end(), IsPart);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using arc::fuzzing::Require;
  const auto name = arc::fuzzing::TextOf(data, size);
  Require(arc::IsMeasurementName(name) == IsSafe(name, 128), "a measurement's name");
  Require(arc::IsDatabaseName(name) == IsSafe(name, 64), "a database's name");
  Require(arc::CheckMeasurementName(name).ok() == IsSafe(name, 128), "the measurement's check");
  // Some safe names are reserved.
  Require(!arc::CheckDatabaseName(name).ok() || IsSafe(name, 64), "the database's check");
  Require(arc::EqualIgnoringCase(name, arc::ToLower(std::string(name))), "the case of a name");
  return 0;
}
