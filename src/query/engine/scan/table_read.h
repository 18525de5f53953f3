// Makes a statement of a simple read of one measurement.

#pragma once

#include <string>

#include "foundation/base/result.h"

namespace arc::engine {

struct TableRead {
  std::string database;
  std::string measurement;
  std::string condition;  // one SQL expression; empty: all rows
  std::string order;      // as after ORDER BY; empty: any
};

// The SELECT * statement. Each part is parsed on its own first, so that no part can be more than it
// should be; fails with kInvalidInput when one is. The guard still checks the statement when it is
// run.
Result<std::string> SqlOf(const TableRead& read);

}  // namespace arc::engine
