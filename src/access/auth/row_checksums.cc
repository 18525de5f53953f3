#include "access/auth/row_checksums.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "foundation/base/check.h"
#include "foundation/text/utf8.h"

namespace arc::auth {
namespace {

using sqlite::SqliteConnection;

// A step of the format that adds a column to a table adds it here and writes all checksums anew.
struct CheckedTable {
  std::string_view name;
  std::vector<std::string_view> columns;
  std::string_view label;  // SQL: what a person calls a row of it
  std::string_view title;  // SQL: its own name, perhaps damaged
};

const std::array<CheckedTable, 4>& Tables() {
  static const std::array<CheckedTable, 4> tables = {{
      {"tokens",
       {"id", "name", "hash", "description", "permissions", "created_at", "last_used_at",
        "expires_at", "is_enabled", "is_scoped"},
       "'the token ' || id",
       "name"},
      {"access_nodes",
       {"id", "level", "parent_id", "name", "description", "permissions", "is_enabled",
        "created_at", "updated_at", "is_narrowed"},
       "'the ' || CASE level WHEN 1 THEN 'organization' WHEN 2 THEN 'team' WHEN 3 THEN 'role' "
       "ELSE 'measurement permission' END || ' ' || id",
       "name"},
      {"memberships",
       {"id", "token_id", "team_id", "created_at"},
       "'that token ' || token_id || ' is in team ' || team_id",
       "''"},
      {"policies",
       {"token_id", "requests_per_minute", "requests_per_hour", "queries_per_hour",
        "queries_per_day", "rows_per_query", "query_seconds", "created_at", "updated_at"},
       "'the policy of token ' || token_id",
       "''"},
  }};
  return tables;
}

const CheckedTable& TableOf(std::string_view name) {
  const auto found = std::ranges::find(Tables(), name, &CheckedTable::name);
  CHECK(found != Tables().end(), "a table without checksums is asked for them");
  return *found;
}

// `prefix`: "alias.", or nothing. In the place of the column `replaced` stands `value`, as SQL.
std::string ChecksumOf(const CheckedTable& table, std::string_view prefix,
                       std::string_view replaced = {}, std::string_view value = {}) {
  auto sql = fmt::format("row_checksum('{}'", table.name);
  for (const auto column : table.columns) {
    sql += column == replaced ? fmt::format(", {}", value) : fmt::format(", {}{}", prefix, column);
  }
  return sql + ")";
}

std::string ListOf(std::span<const std::string_view> columns) {
  std::string list;
  for (const auto column : columns) list += fmt::format("{}{}", list.empty() ? "" : ", ", column);
  return list;
}

// Of the connection alone, in its temporary schema: what lies in the file can be damaged as well.
// An update of the checksum itself calls none of them.
std::string TriggersOf(const CheckedTable& table) {
  const auto key = table.columns.front();
  const auto write = fmt::format("UPDATE {} SET checksum = {} WHERE {} = NEW.{};", table.name,
                                 ChecksumOf(table, "NEW."), key, key);
  return fmt::format(
      "CREATE TEMP TRIGGER {0}_added AFTER INSERT ON main.{0} BEGIN {1} END;"
      "CREATE TEMP TRIGGER {0}_changed AFTER UPDATE OF {2} ON main.{0} BEGIN {1} END;"
      "CREATE TEMP TRIGGER {0}_damaged BEFORE UPDATE OF {2} ON main.{0} "
      "WHEN OLD.checksum IS NOT {3} BEGIN SELECT RAISE(ABORT, "
      "'what is stored of it is damaged: delete it, and make it anew'); END;",
      table.name, write, ListOf(table.columns), ChecksumOf(table, "OLD."));
}

bool IsReadable(std::string_view name) {
  constexpr std::size_t kBytesMax = 128;
  return !name.empty() && name.size() <= kBytesMax && IsUtf8(name) &&
         std::none_of(name.begin(), name.end(),
                      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

}  // namespace

std::string IsSound(std::string_view table, std::string_view alias) {
  return fmt::format("{}.checksum IS {}", alias,
                     ChecksumOf(TableOf(table), fmt::format("{}.", alias)));
}

std::string WouldBeSound(std::string_view table, std::string_view column, std::string_view value) {
  return "checksum IS " + ChecksumOf(TableOf(table), "", column, value);
}

Result<void> AddChecksumFunction(SqliteConnection& connection) {
  return connection.AddChecksumFunction("row_checksum");
}

Result<void> ChecksumAllRows(SqliteConnection& connection) {
  for (const auto& table : Tables()) {
    TRY(connection.Execute(
        fmt::format("UPDATE {} SET checksum = {}", table.name, ChecksumOf(table, "")).c_str()));
  }
  return {};
}

Result<void> KeepChecksums(SqliteConnection& connection) {
  for (const auto& table : Tables()) TRY(connection.Execute(TriggersOf(table).c_str()));
  return {};
}

Result<DamagedRows> FindDamagedRows(SqliteConnection& connection) {
  DamagedRows found;
  for (const auto& table : Tables()) {
    auto rows = TRY(connection.Prepare(
        fmt::format("SELECT {}, {} FROM {} WHERE checksum IS NOT {} ORDER BY 1", table.label,
                    table.title, table.name, ChecksumOf(table, ""))));
    while (TRY(rows.Step())) {
      if (found.count++ >= DamagedRows::kNamedMax) continue;
      const auto name = rows.Text(1);
      found.named.push_back(IsReadable(name) ? fmt::format("{} ('{}')", rows.Text(0), name)
                                             : std::string(rows.Text(0)));
    }
  }
  return found;
}

}  // namespace arc::auth
