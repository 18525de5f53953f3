#include "data/catalog/catalog_file.h"

#include <array>

#include "foundation/fs/file_system.h"

namespace arc::catalog {
namespace {

constexpr const char* kCreateTables1 = R"(
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

// What version 2 adds. The index serves drops, and SQLite's check that nothing refers to what goes.
constexpr const char* kCreateTables2 = R"(
CREATE INDEX files_by_measurement ON files (measurement_id);
CREATE TABLE tombstones (
  measurement_id INTEGER NOT NULL PRIMARY KEY,
  lsn INTEGER NOT NULL
) STRICT;
CREATE TABLE removed_files (
  path TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
)";

// What version 5 adds. Files of before have no footer to compare with.
constexpr const char* kAlterTables5 = R"(
ALTER TABLE files ADD COLUMN footer_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE files ADD COLUMN footer_checksum INTEGER NOT NULL DEFAULT 0;
)";

constexpr std::size_t kSettledPieceBytes = 1 << 20;

constexpr std::array<std::string_view, 3> kSortOrderWords = {"time", "tags_then_time", "none"};

Result<void> UseLog(sqlite::SqliteConnection& connection, const std::string& path) {
  const auto journal = TRY(connection.QueryText("PRAGMA journal_mode = WAL"));
  if (journal == "wal") return {};
  return Error{ErrorCode::kStorageFailed, "the catalog cannot use a write-ahead log",
               path + ": journal mode " + journal};
}

// Makes the catalog under another name and renames it, so that an empty file under its own name is
// never a catalog that somebody was about to make, but one that lost its contents.
Result<void> CreateCatalog(fs::FileSystem& disk, const std::string& path) {
  const auto aside = path + ".new";
  if (TRY(disk.Exists(aside))) TRY(disk.Remove(aside));
  const auto file = TRY(disk.Create(aside));
  TRY(file->Close());
  {
    const auto connection = TRY(sqlite::SqliteConnection::Open(disk, aside));
    TRY(connection->Execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = FULL; BEGIN;"));
    TRY(connection->Execute(kCreateTables1));
    TRY(connection->Execute(kCreateTables2));
    TRY(connection->Execute(kAlterTables5));
    const auto identify = "PRAGMA application_id = " + std::to_string(kApplicationId) +
                          "; PRAGMA user_version = " + std::to_string(kFormatVersion) + "; COMMIT;";
    TRY(connection->Execute(identify.c_str()));
    TRY(UseLog(*connection, aside));
  }
  TRY(disk.Rename(aside, path));
  return disk.SyncDirectory(fs::ParentOf(path));
}

Result<void> CheckIdentity(sqlite::SqliteConnection& connection, const std::string& path) {
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

// Each step in one transaction: a crash leaves the older format whole.
Result<void> BringUpToDate(sqlite::SqliteConnection& connection) {
  const auto version = TRY(connection.QueryNumber("PRAGMA user_version"));
  if (version < 2) {
    TRY(connection.Execute("BEGIN IMMEDIATE"));
    TRY(connection.Execute(kCreateTables2));
    TRY(connection.Execute("PRAGMA user_version = 2; COMMIT"));
  }
  // Version 3 adds a word and absolute paths, version 4 keys of `meta`.
  if (version < 3) TRY(connection.Execute("PRAGMA user_version = 3"));
  if (version < 5) {
    TRY(connection.Execute("BEGIN IMMEDIATE"));
    TRY(connection.Execute(kAlterTables5));
    // It was of the rows without the new columns; the next transaction writes one.
    TRY(connection.Execute("DELETE FROM meta WHERE key = 'digest'"));
    TRY(connection.Execute("PRAGMA user_version = 5; COMMIT"));
  }
  return {};
}

// Makes SQLite's log durable as it is. What a connection, or a process, wrote last into it is read
// again whether or not it was synced, and the truth must not depend on that. Writing the same bytes
// anew comes first, because after a failed sync the next one says nothing about what was lost.
Result<void> SettleLog(fs::FileSystem& disk, const std::string& path) {
  const auto log_path = path + "-wal";
  if (TRY(disk.Exists(log_path))) {
    const auto log = TRY(disk.OpenRandom(log_path, fs::FileSystem::IfAbsent::kFail));
    std::string piece(kSettledPieceBytes, '\0');
    std::uint64_t offset = 0;
    while (const auto byte_count = TRY(log->ReadAt(offset, piece))) {
      const std::array pieces = {std::string_view(piece).substr(0, byte_count)};
      TRY(log->WriteAt(offset, pieces));
      offset += byte_count;
    }
    TRY(log->Sync());
  }
  return disk.SyncDirectory(fs::ParentOf(path));  // also of a log that is gone
}

Result<void> SetUpConnection(sqlite::SqliteConnection& connection, const std::string& path) {
  TRY(UseLog(connection, path));
  return connection.Execute(
      "PRAGMA synchronous = FULL;"
      "PRAGMA foreign_keys = ON;"
      "PRAGMA cache_size = -32768;");
}

}  // namespace

Result<std::unique_ptr<sqlite::SqliteConnection>> OpenCatalogFile(fs::FileSystem& file_system,
                                                                  const std::string& path) {
  if (!TRY(file_system.Exists(path))) {
    auto created = CreateCatalog(file_system, path);
    if (!created.ok()) {
      const bool is_full = created.error().code == ErrorCode::kNoSpace;
      return Error{is_full ? ErrorCode::kNoSpace : ErrorCode::kStorageFailed,
                   "the catalog cannot be created", LogText(created.error())};
    }
  }
  TRY(SettleLog(file_system, path));
  auto connection = TRY(sqlite::SqliteConnection::Open(file_system, path));
  // A log that is of another day, or damaged, must not get into the file because somebody looked.
  connection->KeepLogOnClose(true);
  TRY(connection->Execute("PRAGMA busy_timeout = 5000"));
  TRY(CheckIdentity(*connection, path));
  TRY(SetUpConnection(*connection, path));
  TRY(BringUpToDate(*connection));
  return connection;
}

Result<void> CheckCatalogFile(fs::FileSystem& file_system, const std::string& path) {
  const auto connection = TRY(sqlite::SqliteConnection::Open(file_system, path));
  connection->KeepLogOnClose(true);  // one of another day must not get into the file
  const auto found = TRY(connection->QueryText("PRAGMA integrity_check"));
  if (found == "ok") return {};
  return Error{ErrorCode::kCorruptData, "the catalog is damaged: restore it from a copy",
               path + ": " + found};
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
