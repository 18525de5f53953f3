// Query results for people (table) and for other programs (CSV).

#pragma once

#include <cstddef>
#include <optional>
#include <ostream>

#include "foundation/base/result.h"
#include "service/cli/query_answer.h"

namespace arc::cli {

struct TableOptions {
  // The widest columns are cut until a line fits into this; nothing is cut without it.
  std::optional<std::size_t> line_columns_max{};
  // NULL is dimmed, which tells it from the text "NULL".
  bool has_colors = false;
};

//  host | usage
// ------+-------
//  a    |   1.5
// (1 row, 12.3 ms)
//
// Columns of numbers are aligned to the right.
Result<void> WriteTable(QueryAnswer& answer, const TableOptions& options, std::ostream& out);

// -[ row 1 ]-
// host  | a
// usage | 1.5
Result<void> WriteRecords(QueryAnswer& answer, std::ostream& out);

// RFC 4180 with "\n" at the end of lines. NULL is nothing, the empty text is "".
Result<void> WriteCsv(QueryAnswer& answer, std::ostream& out);

}  // namespace arc::cli
