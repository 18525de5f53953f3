#include "access/auth/auth_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <utility>

#include "foundation/base/log.h"

namespace arc::auth {
namespace {

using sqlite::SqliteConnection;

constexpr std::int64_t kApplicationId = 0x41524354;  // "ARCT"

// From this version on each row has a checksum.
constexpr std::int64_t kChecksumVersion = 4;

// One step from each format version to the next. 0 stands for "never" in last_used_at and
// expires_at. A step from kChecksumVersion on that changes values must write checksums anew.
constexpr std::array<const char*, 4> kSteps = {R"(
CREATE TABLE tokens (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  hash TEXT NOT NULL UNIQUE,
  description TEXT NOT NULL,
  permissions TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  is_enabled INTEGER NOT NULL
) STRICT;
)",
                                               R"(
ALTER TABLE tokens ADD COLUMN is_scoped INTEGER NOT NULL DEFAULT 0;
CREATE TABLE access_nodes (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  level INTEGER NOT NULL,
  parent_id INTEGER REFERENCES access_nodes (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  permissions TEXT NOT NULL,
  is_enabled INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX access_nodes_by_parent
  ON access_nodes (level, ifnull(parent_id, 0), name);
CREATE INDEX access_nodes_children ON access_nodes (parent_id);
CREATE TABLE memberships (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  token_id INTEGER NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
  team_id INTEGER NOT NULL REFERENCES access_nodes (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  UNIQUE (token_id, team_id)
) STRICT;
CREATE INDEX memberships_by_team ON memberships (team_id);
CREATE TABLE policies (
  token_id INTEGER NOT NULL PRIMARY KEY REFERENCES tokens (id) ON DELETE CASCADE,
  requests_per_minute INTEGER NOT NULL,
  requests_per_hour INTEGER NOT NULL,
  queries_per_hour INTEGER NOT NULL,
  queries_per_day INTEGER NOT NULL,
  rows_per_query INTEGER NOT NULL,
  query_seconds INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
)",
                                               R"(
ALTER TABLE access_nodes ADD COLUMN is_narrowed INTEGER NOT NULL DEFAULT 0;
UPDATE access_nodes SET is_narrowed = 1
  WHERE level = 3 AND id IN (SELECT parent_id FROM access_nodes WHERE level = 4);
)",
                                               R"(
ALTER TABLE tokens ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE access_nodes ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE memberships ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE policies ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
)"};

Result<void> TakeSteps(SqliteConnection& connection, std::int64_t version) {
  for (auto step = static_cast<std::size_t>(version); step < kSteps.size(); step++) {
    TRY(connection.Execute(kSteps[step]));
  }
  if (version < kChecksumVersion) TRY(ChecksumAllRows(connection));
  return connection.Execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                                        kApplicationId, kSteps.size())
                                .c_str());
}

// Made under another name, so that what has the real name is complete.
Result<void> CreateFile(fs::FileSystem& files, const std::string& path) {
  const auto aside = path + ".new";
  if (TRY(files.Exists(aside))) TRY(files.Remove(aside));
  const auto file = TRY(files.Create(aside));
  TRY(file->Close());
  {
    const auto connection = TRY(SqliteConnection::Open(files, aside));
    TRY(AddChecksumFunction(*connection));
    TRY(connection->Execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = FULL; BEGIN"));
    TRY(TakeSteps(*connection, 0));
    TRY(connection->Execute("COMMIT"));
  }
  TRY(files.Rename(aside, path));
  return files.SyncDirectory(fs::ParentOf(path));
}

Result<std::int64_t> VersionOf(SqliteConnection& connection, const std::string& path) {
  const auto application = TRY(connection.QueryNumber("PRAGMA application_id"));
  const auto version = TRY(connection.QueryNumber("PRAGMA user_version"));
  if (application == kApplicationId && version >= 1 &&
      version <= static_cast<std::int64_t>(kSteps.size())) {
    return version;
  }
  return Error{ErrorCode::kCorruptData,
               "the token file is of a newer server, or is no token file: start that server, or "
               "move the file away (its tokens are void then)",
               fmt::format("{}: application_id {}, version {}", path, application, version)};
}

// SQLite reads an index without the rows behind it: a flipped bit there makes one token another.
Result<void> CheckIsSound(SqliteConnection& connection, const std::string& path) {
  const auto found = TRY(connection.QueryText("PRAGMA integrity_check"));
  if (found == "ok") return {};
  return Error{
      ErrorCode::kCorruptData,
      "the token file is damaged: put it back from a copy, or move it away (its tokens are "
      "void then)",
      path + ": " + found};
}

}  // namespace

Result<std::unique_ptr<AuthFile>> AuthFile::Open(fs::FileSystem& files, const std::string& path) {
  if (!TRY(files.Exists(path))) TRY(CreateFile(files, path));
  // One that was copied back may have another mode.
  for (const auto* suffix : {"", "-wal", "-shm"}) {
    if (TRY(files.Exists(path + suffix))) TRY(files.MakePrivate(path + suffix));
  }
  auto connection = TRY(SqliteConnection::Open(files, path));
  const auto version = TRY(VersionOf(*connection, path));
  TRY(CheckIsSound(*connection, path));
  TRY(connection->Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"));
  TRY(connection->Execute("PRAGMA foreign_keys = ON"));
  TRY(AddChecksumFunction(*connection));
  std::unique_ptr<AuthFile> file(new AuthFile(std::move(connection), path));
  MutexLock lock(file->mutex);
  TRY(file->BringToNewest(version));
  TRY(KeepChecksums(*file->connection));
  TRY(file->LookLocked());
  return file;
}

Result<void> AuthFile::BringToNewest(std::int64_t version) {
  if (version == static_cast<std::int64_t>(kSteps.size())) return {};
  TRY(connection->Execute("BEGIN"));
  return Finish(TakeSteps(*connection, version));
}

Result<void> AuthFile::LookLocked() {
  is_suspect_ = false;
  auto found = TRY(FindDamagedRows(*connection));
  {
    MutexLock lock(damage_mutex_);
    if (found == damage_) return {};
    damage_ = std::move(found);
  }
  if (const auto problem = Problem()) {
    LogError("tokens: {}", *problem);
  } else {
    LogInfo("tokens: no row of {} is damaged any more", path_);
  }
  return {};
}

void AuthFile::LookAgain() {
  if (!is_suspect_ && damaged_row_count() == 0) return;
  MutexLock lock(mutex);
  const auto looked = LookLocked();
  if (!looked.ok()) LogError("tokens: {} cannot be read: {}", path_, LogText(looked.error()));
}

std::size_t AuthFile::damaged_row_count() const {
  MutexLock lock(damage_mutex_);
  return damage_.count;
}

std::optional<std::string> AuthFile::Problem() const {
  MutexLock lock(damage_mutex_);
  if (damage_.count == 0) return std::nullopt;
  const auto more = damage_.count - damage_.named.size();
  return fmt::format(
      "{} is damaged: not as written, and without any rights, are {}{}. Delete each, and make it "
      "anew; without an administrator's token, start the server with auth.force_bootstrap and "
      "auth.bootstrap_token",
      path_, fmt::join(damage_.named, ", "), more > 0 ? fmt::format(" and {} more", more) : "");
}

Result<void> AuthFile::Finish(Result<void> changed) {
  if (changed.ok()) changed = connection->Execute("COMMIT");
  if (!changed.ok()) IgnoreFailure(connection->Execute("ROLLBACK"), "the first failure is told");
  return changed;
}

}  // namespace arc::auth
