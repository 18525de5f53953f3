// A simple read of one measurement, without a statement, as one.

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

// SELECT * of it, made of the parts as they were parsed, so that none can be more than it should.
// Fails with kInvalidInput when a part is not what it should be. The guard still looks at the
// statement when it is run.
Result<std::string> SqlOf(const TableRead& read);

}  // namespace arc::engine
