#include "auth/token_store.h"

#include <fmt/format.h>

#include <mutex>
#include <utility>

namespace arc::auth {
namespace {

using sqlite::SqliteConnection;
using sqlite::SqliteStatement;

constexpr std::int64_t kApplicationId = 0x41524354;  // "ARCT"
constexpr std::int64_t kFormatVersion = 1;
constexpr std::size_t kNameBytesMax = 128;
constexpr std::size_t kDescriptionBytesMax = 1024;
constexpr std::size_t kChosenTokenBytesMin = 32;

// 0 stands for "never" in last_used_at and expires_at.
constexpr const char* kCreateTables = R"(
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
)";
constexpr std::string_view kColumns =
    "id, name, description, permissions, created_at, last_used_at, expires_at, is_enabled";

Result<void> CheckIdentity(SqliteConnection& connection, const std::string& path) {
  const auto application = TRY(connection.QueryNumber("PRAGMA application_id"));
  const auto version = TRY(connection.QueryNumber("PRAGMA user_version"));
  if (application == kApplicationId && version == kFormatVersion) return {};
  return Error{ErrorCode::kCorruptData,
               "the token file is of a newer server, or none of ours: start that server, or move "
               "the file away (its tokens are void then)",
               fmt::format("{}: application_id {}, version {}", path, application, version)};
}

// Made under another name, so that what has the real name is complete.
Result<void> CreateFile(fs::FileSystem& files, const std::string& path) {
  const auto aside = path + ".new";
  if (TRY(files.Exists(aside))) TRY(files.Remove(aside));
  const auto file = TRY(files.Create(aside));
  TRY(file->Close());
  {
    const auto connection = TRY(SqliteConnection::Open(files, aside));
    TRY(connection->Execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = FULL; BEGIN;"));
    TRY(connection->Execute(kCreateTables));
    const auto identify =
        fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT", kApplicationId,
                    kFormatVersion);
    TRY(connection->Execute(identify.c_str()));
  }
  TRY(files.Rename(aside, path));
  return files.SyncDirectory(fs::ParentOf(path));
}

Result<void> CheckWish(const TokenWish& wish) {
  if (wish.name.empty() || wish.name.size() > kNameBytesMax) {
    return Error{ErrorCode::kInvalidInput,
                 fmt::format("a token's name has 1 to {} bytes", kNameBytesMax)};
  }
  if (wish.description.size() > kDescriptionBytesMax) {
    return Error{ErrorCode::kInvalidInput,
                 fmt::format("a token's description has {} bytes at most", kDescriptionBytesMax)};
  }
  return {};
}

Error NameTaken(const std::string& name) {
  return {ErrorCode::kAlreadyExists, fmt::format("a token named '{}' exists already", name)};
}

Error NoSuchToken() { return {ErrorCode::kNotFound, "Token not found"}; }

std::optional<std::int64_t> TimeIn(std::int64_t stored) {
  return stored == 0 ? std::nullopt : std::optional(stored);
}

Permissions PermissionsIn(std::string_view text) {
  Permissions permissions;
  while (!text.empty()) {
    const auto end = text.find(',');
    AddPermission(text.substr(0, end), permissions);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return permissions;
}

TokenInfo InfoIn(const SqliteStatement& row) {
  TokenInfo info;
  info.id = row.Number(0);
  info.name = row.Text(1);
  info.description = row.Text(2);
  info.permissions = PermissionsIn(row.Text(3));
  info.created_at = row.Number(4);
  info.last_used_at = TimeIn(row.Number(5));
  info.expires_at = TimeIn(row.Number(6));
  info.is_enabled = row.Number(7) != 0;
  return info;
}

}  // namespace

TokenStore::~TokenStore() = default;

Result<std::unique_ptr<TokenStore>> TokenStore::Open(fs::FileSystem& files, const std::string& path,
                                                     const Clock& clock) {
  if (!TRY(files.Exists(path))) TRY(CreateFile(files, path));
  auto connection = TRY(SqliteConnection::Open(files, path));
  TRY(CheckIdentity(*connection, path));
  TRY(connection->Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"));
  std::unique_ptr<TokenStore> store(new TokenStore(std::move(connection), clock));
  TRY(store->LoadHashes());
  return store;
}

Result<void> TokenStore::LoadHashes() {
  MutexLock lock(mutex_);
  auto statement = TRY(connection_->Prepare("SELECT hash, id FROM tokens"));
  const std::unique_lock hashes_lock(hashes_mutex_);
  while (TRY(statement.Step())) {
    TokenHash hash;
    if (!ParseTokenHash(statement.Text(0), hash)) {
      return Error{ErrorCode::kCorruptData, "the token file holds a hash that is none"};
    }
    ids_[hash] = statement.Number(1);
  }
  return {};
}

Result<std::string> TokenStore::Create(const TokenWish& wish) {
  TRY(CheckWish(wish));
  auto token = TRY(DrawToken());
  MutexLock lock(mutex_);
  TRY(InsertLocked(wish, HashOf(token)));
  return token;
}

Result<void> TokenStore::Add(const TokenWish& wish, std::string_view token) {
  TRY(CheckWish(wish));
  if (token.size() < kChosenTokenBytesMin) {
    return Error{ErrorCode::kInvalidInput,
                 fmt::format("a chosen token needs {} characters or more", kChosenTokenBytesMin)};
  }
  MutexLock lock(mutex_);
  return InsertLocked(wish, HashOf(token));
}

Result<void> TokenStore::InsertLocked(const TokenWish& wish, const TokenHash& hash) {
  auto statement = TRY(connection_->Prepare(
      "INSERT INTO tokens (name, hash, description, permissions, created_at, last_used_at, "
      "expires_at, is_enabled) VALUES (?, ?, ?, ?, ?, 0, ?, 1) RETURNING id"));
  const auto hex = hash.Hex();
  const auto permissions = ToText(wish.permissions);
  statement.Bind(std::string_view(wish.name)).Bind(hex).Bind(wish.description).Bind(permissions);
  statement.Bind(clock_.NowMicros()).Bind(wish.expires_at.value_or(0));
  auto inserted = statement.Step();
  if (!inserted.ok()) {
    if (inserted.error().code == ErrorCode::kAlreadyExists) return NameTaken(wish.name);
    return std::move(inserted).TakeError();
  }
  const auto id = statement.Number(0);
  TRY(statement.Step());
  const std::unique_lock hashes_lock(hashes_mutex_);
  ids_[hash] = id;
  return {};
}

Result<std::vector<TokenInfo>> TokenStore::List() const {
  MutexLock lock(mutex_);
  auto statement =
      TRY(connection_->Prepare(fmt::format("SELECT {} FROM tokens ORDER BY id", kColumns)));
  std::vector<TokenInfo> tokens;
  while (TRY(statement.Step())) tokens.push_back(InfoIn(statement));
  return tokens;
}

Result<TokenInfo> TokenStore::Get(std::int64_t id) const {
  MutexLock lock(mutex_);
  auto statement =
      TRY(connection_->Prepare(fmt::format("SELECT {} FROM tokens WHERE id = ?", kColumns)));
  statement.Bind(id);
  if (!TRY(statement.Step())) return NoSuchToken();
  return InfoIn(statement);
}

Result<void> TokenStore::RunOnOne(std::int64_t id, SqliteStatement& statement) {
  statement.Bind(id);
  TRY(statement.Run());
  if (statement.changed_row_count() == 0) return NoSuchToken();
  return {};
}

Result<void> TokenStore::Change(std::int64_t id, const TokenWish& wish) {
  TRY(CheckWish(wish));
  MutexLock lock(mutex_);
  auto statement = TRY(connection_->Prepare(
      "UPDATE tokens SET name = ?, description = ?, permissions = ?, expires_at = ? WHERE id = ?"));
  const auto permissions = ToText(wish.permissions);
  statement.Bind(std::string_view(wish.name)).Bind(wish.description).Bind(permissions);
  statement.Bind(wish.expires_at.value_or(0));
  auto changed = RunOnOne(id, statement);
  if (!changed.ok() && changed.error().code == ErrorCode::kAlreadyExists) {
    return NameTaken(wish.name);
  }
  return changed;
}

Result<std::string> TokenStore::Rotate(std::int64_t id) {
  auto token = TRY(DrawToken());
  const auto hash = HashOf(token);
  MutexLock lock(mutex_);
  auto statement = TRY(connection_->Prepare("UPDATE tokens SET hash = ? WHERE id = ?"));
  const auto hex = hash.Hex();
  statement.Bind(std::string_view(hex));
  TRY(RunOnOne(id, statement));
  const std::unique_lock hashes_lock(hashes_mutex_);
  std::erase_if(ids_, [id](const auto& entry) { return entry.second == id; });
  ids_[hash] = id;
  return token;
}

Result<void> TokenStore::Revoke(std::int64_t id) {
  MutexLock lock(mutex_);
  auto statement = TRY(connection_->Prepare("UPDATE tokens SET is_enabled = 0 WHERE id = ?"));
  return RunOnOne(id, statement);
}

Result<void> TokenStore::Delete(std::int64_t id) {
  MutexLock lock(mutex_);
  auto statement = TRY(connection_->Prepare("DELETE FROM tokens WHERE id = ?"));
  TRY(RunOnOne(id, statement));
  const std::unique_lock hashes_lock(hashes_mutex_);
  std::erase_if(ids_, [id](const auto& entry) { return entry.second == id; });
  return {};
}

Result<std::optional<TokenInfo>> TokenStore::Find(const TokenHash& hash) const {
  std::int64_t id;
  {
    const std::shared_lock hashes_lock(hashes_mutex_);
    const auto found = ids_.find(hash);
    if (found == ids_.end()) return std::optional<TokenInfo>();
    id = found->second;
  }
  auto info = Get(id);
  if (info.ok()) return std::optional(std::move(info).TakeValue());
  if (info.error().code == ErrorCode::kNotFound) return std::optional<TokenInfo>();
  return std::move(info).TakeError();
}

Result<void> TokenStore::NoteUses(const std::unordered_map<std::int64_t, std::int64_t>& uses) {
  MutexLock lock(mutex_);
  TRY(connection_->Execute("BEGIN"));
  auto statement = TRY(connection_->Prepare("UPDATE tokens SET last_used_at = ? WHERE id = ?"));
  for (const auto& [id, used_at] : uses) {
    statement.Bind(used_at).Bind(id);
    auto noted = statement.Run();
    if (noted.ok()) continue;
    IgnoreFailure(connection_->Execute("ROLLBACK"), "the first failure is told");
    return noted;
  }
  return connection_->Execute("COMMIT");
}

std::size_t TokenStore::count() const {
  const std::shared_lock hashes_lock(hashes_mutex_);
  return ids_.size();
}

}  // namespace arc::auth
