// SHOW DATABASES and SHOW TABLES in the form that clients of this API send. They are answered from
// the catalog, with columns of their own; every other SHOW is the engine's.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace arc::execution {

struct ShowStatement {
  enum class What { kDatabases, kTables };

  What what;
  std::string database;  // of SHOW TABLES FROM database; empty when no database is named
};

// SHOW DATABASES, SHOW TABLES | MEASUREMENTS [FROM | IN name]: words in any case, the name bare or
// in ', " or `, comments and one trailing semicolon allowed. Nothing for any other text.
std::optional<ShowStatement> ParseShow(std::string_view sql);

}  // namespace arc::execution
