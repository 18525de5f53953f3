// Which column of a file is the time.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "foundation/base/result.h"

namespace arc::encoding {

// The index of the time column among the names in a file's header. Fails with kInvalidInput when
// there is none, when names are empty or equal ignoring case, or when another column is named time.
Result<std::size_t> FindTimeColumn(const std::vector<std::string>& names,
                                   const std::string& time_column);

}  // namespace arc::encoding
