// Which column of a file is the time.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "foundation/base/result.h"

namespace arc::encoding {

// Where the time is among the columns named in a file's header, which must be distinct ignoring
// case and not empty; the others must not be named time. Fails with kInvalidInput.
Result<std::size_t> FindTimeColumn(const std::vector<std::string>& names,
                                   const std::string& time_column);

}  // namespace arc::encoding
