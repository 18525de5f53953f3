// A checksum in each row of the token file. SQLite has none of its pages: a flipped bit in a value
// would change permissions, an expiry or a role, and nobody would know.
//
// The column `checksum` of each table is the CRC-32C of the table's name and of all other values of
// the row. Triggers of the connection write it, so no statement can forget it, and refuse to change
// a row that does not agree with its own: the change would make good what is not. Such a row can be
// deleted. Who reads a row for what it allows adds IsSound() to its condition.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/result.h"
#include "foundation/sqlite/sqlite.h"

namespace arc::auth {

// The SQL that is true of a row that is as it was written. `table`: tokens, access_nodes,
// memberships or policies; `alias`: what it is called in the statement. The connection must have
// the function.
std::string IsSound(std::string_view table, std::string_view alias);
inline std::string IsSound(std::string_view table) { return IsSound(table, table); }
// The SQL that is true of a row that would be as it was written if `column` were `value`, as SQL.
std::string WouldBeSound(std::string_view table, std::string_view column, std::string_view value);

// Gives the connection the function that the SQL above calls.
Result<void> AddChecksumFunction(sqlite::SqliteConnection& connection);
// Writes the checksums of all rows: for a file that had none.
Result<void> ChecksumAllRows(sqlite::SqliteConnection& connection);
// From here on the connection keeps them. Requires: every row has one, and the function is there.
Result<void> KeepChecksums(sqlite::SqliteConnection& connection);

struct DamagedRows {
  static constexpr std::size_t kNamedMax = 5;

  std::size_t count = 0;
  std::vector<std::string> named{};  // the first: "the token 3 ('site-7')"

  bool operator==(const DamagedRows&) const = default;
};
// Reads every row.
Result<DamagedRows> FindDamagedRows(sqlite::SqliteConnection& connection);

}  // namespace arc::auth
