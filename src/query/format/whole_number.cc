#include "query/format/whole_number.h"

#include <fmt/format.h>

#include "foundation/text/parse_number.h"

namespace arc::format {

bool HasFraction(const engine::ResultColumnInfo& column) {
  return column.type.starts_with("DECIMAL") && !column.type.ends_with(",0)");
}

Result<std::int64_t> WholeNumber(const engine::ResultColumnInfo& column, std::string_view text) {
  if (const auto number = ParseNumber<std::int64_t>(text)) return *number;
  return Error{ErrorCode::kInvalidInput,
               fmt::format("column \"{}\" holds {}, which does not fit into int64, as this format "
                           "has it: cast it to DOUBLE or VARCHAR",
                           column.name, text)};
}

}  // namespace arc::format
