#include "access/auth/token_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "access/auth/last_admin.h"
#include "foundation/base/check.h"
#include "foundation/base/log.h"

namespace arc::auth {
namespace {

using sqlite::SqliteStatement;

constexpr std::size_t kNameBytesMax = 128;
constexpr std::size_t kDescriptionBytesMax = 1024;
constexpr std::size_t kChosenTokenBytesMin = 32;
constexpr std::size_t kChosenTokenBytesMax = 512;

const std::string& Columns() {
  static const std::string columns =
      "id, name, description, permissions, created_at, last_used_at, expires_at, is_enabled, "
      "is_scoped, " +
      IsSound("tokens");
  return columns;
}

Result<void> CheckSettings(const TokenSettings& settings) {
  if (settings.name.empty() || settings.name.size() > kNameBytesMax) {
    return Error{ErrorCode::kInvalidInput,
                 fmt::format("a token's name has 1 to {} bytes", kNameBytesMax)};
  }
  if (settings.description.size() > kDescriptionBytesMax) {
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
  info.is_scoped = row.Number(8) != 0;
  info.is_damaged = row.Number(9) == 0;
  if (!info.is_damaged) return info;
  info.permissions = {};
  info.is_enabled = false;
  return info;
}

}  // namespace

Result<void> CheckChosenToken(std::string_view token) {
  const bool is_printable =
      std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (is_printable && token.size() >= kChosenTokenBytesMin &&
      token.size() <= kChosenTokenBytesMax) {
    return {};
  }
  return Error{ErrorCode::kInvalidInput,
               fmt::format("a chosen token has {} to {} printable ASCII characters, no spaces",
                           kChosenTokenBytesMin, kChosenTokenBytesMax)};
}

Result<std::unique_ptr<TokenStore>> TokenStore::Open(AuthFile& file, const Clock& clock) {
  std::unique_ptr<TokenStore> store(new TokenStore(file, clock));
  TRY(store->LoadHashes());
  return store;
}

Result<void> TokenStore::LoadHashes() {
  MutexLock lock(file_.mutex);
  auto statement = TRY(file_.connection->Prepare(
      fmt::format("SELECT hash FROM tokens WHERE {}", IsSound("tokens"))));
  const std::unique_lock hashes_lock(hashes_mutex_);
  while (TRY(statement.Step())) {
    TokenHash hash;
    if (!ParseTokenHash(statement.Text(0), hash)) {
      return Error{ErrorCode::kCorruptData, "the token file holds a hash that is not a SHA-256"};
    }
    hashes_.insert(hash);
  }
  return {};
}

Result<std::string> TokenStore::Create(const TokenSettings& settings) {
  TRY(CheckSettings(settings));
  auto token = TRY(DrawToken());
  MutexLock lock(file_.mutex);
  TRY(InsertLocked(settings, HashOf(token)));
  return token;
}

Result<void> TokenStore::Add(const TokenSettings& settings, std::string_view token) {
  TRY(CheckSettings(settings));
  TRY(CheckChosenToken(token));
  const auto hash = HashOf(token);
  if (const auto known = TRY(Find(hash))) {
    return Error{
        ErrorCode::kAlreadyExists,
        fmt::format("the chosen token is that of '{}' already: choose another", known->name)};
  }
  MutexLock lock(file_.mutex);
  return InsertLocked(settings, hash);
}

// A chosen token may be that of a row that is damaged.
Result<void> TokenStore::DeleteDamagedLocked(std::string_view hex) {
  auto statement = TRY(file_.connection->Prepare(
      fmt::format("DELETE FROM tokens WHERE hash = ? AND NOT ({})", IsSound("tokens"))));
  statement.Bind(hex);
  return statement.Run();
}

Result<void> TokenStore::InsertLocked(const TokenSettings& settings, const TokenHash& hash) {
  TRY(DeleteDamagedLocked(hash.Hex()));
  auto statement = TRY(file_.connection->Prepare(
      "INSERT INTO tokens (name, hash, description, permissions, created_at, last_used_at, "
      "expires_at, is_enabled) VALUES (?, ?, ?, ?, ?, 0, ?, 1)"));
  const auto hex = hash.Hex();
  const auto permissions = ToText(settings.permissions);
  statement.Bind(std::string_view(settings.name))
      .Bind(hex)
      .Bind(settings.description)
      .Bind(permissions);
  statement.Bind(clock_.NowMicros()).Bind(settings.expires_at.value_or(0));
  auto inserted = statement.Run();
  if (!inserted.ok()) {
    if (inserted.error().code == ErrorCode::kAlreadyExists) return NameTaken(settings.name);
    return inserted;
  }
  CHECK(statement.changed_row_count() == 1, "a new token is not one row");
  const std::unique_lock hashes_lock(hashes_mutex_);
  hashes_.insert(hash);
  return {};
}

Result<std::vector<TokenInfo>> TokenStore::List() const {
  MutexLock lock(file_.mutex);
  auto statement =
      TRY(file_.connection->Prepare(fmt::format("SELECT {} FROM tokens ORDER BY id", Columns())));
  std::vector<TokenInfo> tokens;
  while (TRY(statement.Step())) tokens.push_back(InfoIn(statement));
  return tokens;
}

Result<TokenInfo> TokenStore::Get(std::int64_t id) const {
  MutexLock lock(file_.mutex);
  return GetLocked(id);
}

Result<TokenInfo> TokenStore::GetLocked(std::int64_t id) const {
  auto statement =
      TRY(file_.connection->Prepare(fmt::format("SELECT {} FROM tokens WHERE id = ?", Columns())));
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

Result<void> TokenStore::Change(std::int64_t id, const TokenEdit& edit) {
  MutexLock lock(file_.mutex);
  return ChangeKeepingAdmin(file_, clock_.NowMicros(),
                            [&]() REQUIRES(file_.mutex) { return ChangeLocked(id, edit); });
}

Result<void> TokenStore::ChangeLocked(std::int64_t id, const TokenEdit& edit) {
  const auto present = TRY(GetLocked(id));
  TokenSettings settings{present.name, present.description, present.permissions,
                         present.expires_at};
  TRY(edit(settings));
  TRY(CheckSettings(settings));
  auto statement = TRY(file_.connection->Prepare(
      "UPDATE tokens SET name = ?, description = ?, permissions = ?, expires_at = ? WHERE id = ?"));
  const auto permissions = ToText(settings.permissions);
  statement.Bind(std::string_view(settings.name)).Bind(settings.description).Bind(permissions);
  statement.Bind(settings.expires_at.value_or(0));
  auto changed = RunOnOne(id, statement);
  if (!changed.ok() && changed.error().code == ErrorCode::kAlreadyExists) {
    return NameTaken(settings.name);
  }
  return changed;
}

Result<std::string> TokenStore::Rotate(std::int64_t id) {
  auto token = TRY(DrawToken());
  const auto hash = HashOf(token);
  MutexLock lock(file_.mutex);
  const auto old_hex = TRY(HashTextLocked(id));
  auto statement = TRY(file_.connection->Prepare("UPDATE tokens SET hash = ? WHERE id = ?"));
  const auto hex = hash.Hex();
  statement.Bind(std::string_view(hex));
  TRY(RunOnOne(id, statement));
  ForgetHash(old_hex);
  const std::unique_lock hashes_lock(hashes_mutex_);
  hashes_.insert(hash);
  return token;
}

Result<void> TokenStore::Revoke(std::int64_t id) {
  MutexLock lock(file_.mutex);
  return ChangeKeepingAdmin(file_, clock_.NowMicros(), [&]() REQUIRES(file_.mutex) -> Result<void> {
    auto statement =
        TRY(file_.connection->Prepare("UPDATE tokens SET is_enabled = 0 WHERE id = ?"));
    return RunOnOne(id, statement);
  });
}

Result<void> TokenStore::Delete(std::int64_t id) {
  MutexLock lock(file_.mutex);
  std::string hex;
  auto deleted =
      ChangeKeepingAdmin(file_, clock_.NowMicros(), [&]() REQUIRES(file_.mutex) -> Result<void> {
        hex = TRY(DeleteLocked(id));
        return {};
      });
  if (deleted.ok()) ForgetHash(hex);
  return deleted;
}

Result<std::string> TokenStore::DeleteLocked(std::int64_t id) {
  auto hex = TRY(HashTextLocked(id));
  auto statement = TRY(file_.connection->Prepare("DELETE FROM tokens WHERE id = ?"));
  TRY(RunOnOne(id, statement));
  return hex;
}

Result<void> TokenStore::Replace(std::int64_t id, const TokenSettings& settings,
                                 std::string_view token) {
  TRY(CheckSettings(settings));
  TRY(CheckChosenToken(token));
  MutexLock lock(file_.mutex);
  ForgetHash(TRY(DeleteLocked(id)));
  return InsertLocked(settings, HashOf(token));
}

Result<std::string> TokenStore::HashTextLocked(std::int64_t id) const {
  auto statement = TRY(file_.connection->Prepare("SELECT hash FROM tokens WHERE id = ?"));
  statement.Bind(id);
  if (!TRY(statement.Step())) return NoSuchToken();
  return std::string(statement.Text(0));
}

// The hash of a damaged row may be damaged too, and then it is not there: nothing is to be done.
void TokenStore::ForgetHash(std::string_view hex) {
  TokenHash hash;
  if (!ParseTokenHash(hex, hash)) return;
  const std::unique_lock hashes_lock(hashes_mutex_);
  hashes_.erase(hash);
}

Result<std::optional<TokenInfo>> TokenStore::Find(const TokenHash& hash) const {
  {
    const std::shared_lock hashes_lock(hashes_mutex_);
    if (!hashes_.contains(hash)) return std::optional<TokenInfo>();
  }
  MutexLock lock(file_.mutex);
  auto statement = TRY(
      file_.connection->Prepare(fmt::format("SELECT {} FROM tokens WHERE hash = ?", Columns())));
  const auto hex = hash.Hex();
  statement.Bind(std::string_view(hex));
  if (!TRY(statement.Step())) return std::optional<TokenInfo>();
  auto info = InfoIn(statement);
  if (!info.is_damaged) return std::optional(std::move(info));
  file_.NoteDamage();
  return std::optional<TokenInfo>();
}

void TokenStore::NoteUse(std::int64_t id) {
  MutexLock lock(uses_mutex_);
  uses_[id] = clock_.NowMicros();
}

void TokenStore::WriteUses() {
  Uses uses;
  {
    MutexLock lock(uses_mutex_);
    uses.swap(uses_);
  }
  if (uses.empty()) return;
  const auto written = WriteUses(uses);
  if (!written.ok()) LogWarning("tokens: last uses are not noted: {}", LogText(written.error()));
}

Result<void> TokenStore::WriteUses(const Uses& uses) {
  MutexLock lock(file_.mutex);
  TRY(file_.connection->Execute("BEGIN"));
  return file_.Finish(WriteUsesLocked(uses));
}

Result<void> TokenStore::WriteUsesLocked(const Uses& uses) {
  auto statement = TRY(file_.connection->Prepare(
      fmt::format("UPDATE tokens SET last_used_at = ? WHERE id = ? AND {}", IsSound("tokens"))));
  for (const auto& [id, used_at] : uses) {
    statement.Bind(used_at).Bind(id);
    TRY(statement.Run());
  }
  return {};
}

Result<bool> TokenStore::IsEmpty() const {
  MutexLock lock(file_.mutex);
  return TRY(file_.connection->QueryNumber("SELECT count(*) FROM tokens")) == 0;
}

}  // namespace arc::auth
