// The tokens that exist: rows of the token file (auth_file.h).
//
// Of each token the file has the SHA-256 and never the token itself. The hashes of all tokens are
// in memory as well, but for those of damaged rows. A token that is not among them is refused
// without a look at the file: somebody who tries tokens costs no read and leaves nothing behind. A
// hash in memory gives no rights: what a token may do is read from its row each time, and
// TokenCache remembers it.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "access/auth/auth_file.h"
#include "access/auth/token.h"
#include "access/auth/token_info.h"
#include "foundation/base/mutex.h"
#include "foundation/base/result.h"
#include "foundation/time/clock.h"

namespace arc::auth {

// Whether a token that the operator chose can be one: 32 to 512 printable characters, no spaces,
// so that a header carries it whole. Fails with kInvalidInput.
Result<void> CheckChosenToken(std::string_view token);

// What a token should be, or become.
struct TokenSettings {
  std::string name;
  std::string description{};
  Permissions permissions{};
  std::optional<std::int64_t> expires_at{};  // microseconds UTC
};

// Makes of a token's present state what it should be; fails where that cannot be. Called under a
// lock: a pure function.
using TokenEdit = std::function<Result<void>(TokenSettings&)>;

// Lifetime: outlived by the file.
// Threads:  any. Changes block on the disk: not for I/O threads. Find of an unknown token touches
//           memory only; of a known one it reads one row.
// Memory:   about 80 bytes for each token.
class TokenStore {
 public:
  static Result<std::unique_ptr<TokenStore>> Open(AuthFile& file, const Clock& clock);
  TokenStore(const TokenStore&) = delete;
  TokenStore& operator=(const TokenStore&) = delete;
  ~TokenStore() { WriteUses(); }

  // A new token, which nobody can read again. Fails with kAlreadyExists when the name is taken,
  // with kInvalidInput on a name that cannot be.
  Result<std::string> Create(const TokenSettings& settings);
  // The same for a token that the operator chose: 32 to 512 printable characters, no spaces, and
  // not one that was chosen or drawn before.
  Result<void> Add(const TokenSettings& settings, std::string_view token);
  // By id, damaged ones too.
  Result<std::vector<TokenInfo>> List() const;
  // These fail with kNotFound when there is no token with that id; the last three with
  // kAlreadyExists when no administrator would be left (last_admin.h); those that change a token
  // with kCorruptData when its row is damaged: it can be deleted.
  Result<TokenInfo> Get(std::int64_t id) const;
  Result<std::string> Rotate(std::int64_t id);  // the new token; the old one is void at once
  Result<void> Change(std::int64_t id, const TokenEdit& edit);
  Result<void> Revoke(std::int64_t id);  // it stays listed
  Result<void> Delete(std::int64_t id);

  // Puts another token in the place of one, without asking for an administrator who is left. Fails
  // as Add.
  Result<void> Replace(std::int64_t id, const TokenSettings& settings, std::string_view token);

  // The token with that hash, valid or not. Nothing for one whose row is damaged: nobody knows what
  // it was allowed.
  Result<std::optional<TokenInfo>> Find(const TokenHash& hash) const;
  // The token was used now. Waits in memory for WriteUses; the latest counts.
  void NoteUse(std::int64_t id);
  // Brings the last uses to the file; a failure is logged and forgets them.
  void WriteUses();
  // Whether there is no token, a damaged one either.
  Result<bool> IsEmpty() const;

 private:
  TokenStore(AuthFile& file, const Clock& clock) : file_(file), clock_(clock) {}

  Result<void> LoadHashes();
  using Uses = std::unordered_map<std::int64_t, std::int64_t>;  // microseconds UTC by id

  Result<void> WriteUses(const Uses& uses);
  Result<void> WriteUsesLocked(const Uses& uses) REQUIRES(file_.mutex);
  Result<TokenInfo> GetLocked(std::int64_t id) const REQUIRES(file_.mutex);
  Result<void> DeleteDamagedLocked(std::string_view hex) REQUIRES(file_.mutex);
  Result<void> InsertLocked(const TokenSettings& settings, const TokenHash& hash)
      REQUIRES(file_.mutex);
  Result<void> ChangeLocked(std::int64_t id, const TokenEdit& edit) REQUIRES(file_.mutex);
  // Returns the hash that the token had, as text.
  Result<std::string> DeleteLocked(std::int64_t id) REQUIRES(file_.mutex);
  Result<std::string> HashTextLocked(std::int64_t id) const REQUIRES(file_.mutex);
  void ForgetHash(std::string_view hex);
  Result<void> RunOnOne(std::int64_t id, sqlite::SqliteStatement& statement) REQUIRES(file_.mutex);

  AuthFile& file_;
  const Clock& clock_;
  mutable std::shared_mutex hashes_mutex_;
  std::unordered_set<TokenHash, TokenHashHash> hashes_;  // under hashes_mutex_
  Mutex uses_mutex_;
  Uses uses_ GUARDED_BY(uses_mutex_);
};

}  // namespace arc::auth
