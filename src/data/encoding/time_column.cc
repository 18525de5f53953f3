#include "data/encoding/time_column.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <unordered_set>

#include "foundation/base/invalid.h"
#include "foundation/model/names.h"
#include "foundation/text/utf8.h"

namespace arc::encoding {
namespace {

Result<void> CheckHeader(const std::vector<std::string>& names) {
  std::unordered_set<std::string> seen;
  for (std::size_t i = 0; i < names.size(); i++) {
    if (names[i].empty()) return Invalid(fmt::format("column {} of the header has no name", i + 1));
    if (!IsUtf8(names[i])) {
      return Invalid(fmt::format("the name of column {} is not UTF-8", i + 1));
    }
    if (!seen.insert(ToLower(names[i])).second) {
      return Invalid(
          fmt::format("duplicate column \"{}\" in the header (case does not count)", names[i]));
    }
  }
  return {};
}

}  // namespace

Result<std::size_t> FindTimeColumn(const std::vector<std::string>& names,
                                   const std::string& time_column) {
  TRY(CheckHeader(names));
  std::optional<std::size_t> found;
  std::optional<std::size_t> named_time;
  for (std::size_t i = 0; i < names.size(); i++) {
    if (EqualIgnoringCase(names[i], time_column)) found = i;
    if (EqualIgnoringCase(names[i], "time")) named_time = i;
  }
  if (!found) {
    return Invalid(fmt::format("time column \"{}\" not found in file; available columns: {}",
                               time_column, fmt::join(names, ", ")));
  }
  if (named_time && *named_time != *found) {
    return Invalid(
        fmt::format("time column \"{}\" cannot be renamed to time: the file has another "
                    "column of that name",
                    time_column));
  }
  return *found;
}

}  // namespace arc::encoding
