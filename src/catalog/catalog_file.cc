#include "catalog/catalog_file.h"

#include <array>

#include "fs/file_system.h"

namespace arc::catalog {
namespace {

constexpr const char* kCreateTables = R"(
CREATE TABLE meta (
  key TEXT NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE databases (
  name TEXT NOT NULL PRIMARY KEY,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE measurements (
  id INTEGER NOT NULL PRIMARY KEY,
  database TEXT NOT NULL REFERENCES databases (name),
  name TEXT NOT NULL,
  flushed_lsn INTEGER NOT NULL,
  UNIQUE (database, name)
) STRICT;
CREATE TABLE columns (
  measurement_id INTEGER NOT NULL REFERENCES measurements (id),
  ordinal INTEGER NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  is_tag INTEGER NOT NULL,
  PRIMARY KEY (measurement_id, ordinal)
) STRICT, WITHOUT ROWID;
CREATE TABLE files (
  id INTEGER NOT NULL PRIMARY KEY,
  measurement_id INTEGER NOT NULL REFERENCES measurements (id),
  path TEXT NOT NULL UNIQUE,
  min_time INTEGER NOT NULL,
  max_time INTEGER NOT NULL,
  row_count INTEGER NOT NULL,
  byte_count INTEGER NOT NULL,
  level INTEGER NOT NULL,
  sort_order TEXT NOT NULL,
  checksum INTEGER NOT NULL,
  min_lsn INTEGER NOT NULL,
  max_lsn INTEGER NOT NULL
) STRICT;
)";

constexpr std::array<std::string_view, 2> kSortOrderWords = {"time", "tags_then_time"};

// Makes the catalog under another name and renames it, so that an empty file under its own name is
// never a catalog that somebody was about to make, but one that lost its contents.
Result<void> CreateCatalog(const std::string& path) {
  auto& disk = fs::FileSystem::Local();
  const auto aside = path + ".new";
  if (TRY(disk.Exists(aside))) TRY(disk.Remove(aside));
  // SQLite would make it readable for everyone. The files it makes beside it get the same mode.
  const auto file = TRY(disk.Create(aside));
  TRY(file->Close());
  {
    const auto connection = TRY(SqliteConnection::Open(aside));
    TRY(connection->Execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = FULL; BEGIN;"));
    TRY(connection->Execute(kCreateTables));
    const auto identify = "PRAGMA application_id = " + std::to_string(kApplicationId) +
                          "; PRAGMA user_version = " + std::to_string(kFormatVersion) + "; COMMIT;";
    TRY(connection->Execute(identify.c_str()));
  }
  TRY(disk.Rename(aside, path));
  return disk.SyncDirectory(fs::ParentOf(path));
}

Result<void> CheckIdentity(SqliteConnection& connection, const std::string& path) {
  const auto application_id = TRY(connection.QueryNumber("PRAGMA application_id"));
  const auto version = TRY(connection.QueryNumber("PRAGMA user_version"));
  if (application_id != kApplicationId || version < 1) {
    return Error{ErrorCode::kCorruptData,
                 "the catalog file is empty, or a SQLite database of something else",
                 path + ": application_id " + std::to_string(application_id)};
  }
  if (version > kFormatVersion) {
    return Error{ErrorCode::kCorruptData,
                 "the catalog was written by a newer server (format version " +
                     std::to_string(version) + ", this server reads up to " +
                     std::to_string(kFormatVersion) + "): start that one",
                 path};
  }
  return {};
}

Result<void> SetUpConnection(SqliteConnection& connection, const std::string& path) {
  const auto journal = TRY(connection.QueryText("PRAGMA journal_mode = WAL"));
  if (journal != "wal") {
    return Error{ErrorCode::kStorageFailed, "the catalog cannot use a write-ahead log",
                 path + ": journal mode " + journal};
  }
  return connection.Execute(
      "PRAGMA synchronous = FULL;"
      "PRAGMA foreign_keys = ON;"
      "PRAGMA cache_size = -32768;"
      "PRAGMA temp_store = MEMORY;");
}

}  // namespace

Result<std::unique_ptr<SqliteConnection>> OpenCatalogFile(const std::string& path) {
  if (!TRY(fs::FileSystem::Local().Exists(path))) {
    auto created = CreateCatalog(path);
    if (!created.ok()) {
      return Error{ErrorCode::kStorageFailed, "the catalog cannot be created",
                   LogText(created.error())};
    }
  }
  auto connection = TRY(SqliteConnection::Open(path));
  TRY(connection->Execute("PRAGMA busy_timeout = 5000"));
  TRY(CheckIdentity(*connection, path));
  TRY(SetUpConnection(*connection, path));
  return connection;
}

std::string_view ToWord(SortOrder order) {
  return kSortOrderWords[static_cast<std::size_t>(order)];
}

bool ParseSortOrder(std::string_view word, SortOrder& order) {
  for (std::size_t i = 0; i < kSortOrderWords.size(); i++) {
    if (kSortOrderWords[i] != word) continue;
    order = static_cast<SortOrder>(i);
    return true;
  }
  return false;
}

}  // namespace arc::catalog
