#include "access/auth/policy_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace arc::auth {
namespace {

// Far above what anybody means, and far from overflow.
constexpr std::int64_t kLimitMax = 1'000'000'000'000;
constexpr const char* kOfOne = "policies.token_id = ?";
constexpr const char* kOfAll = "policies.token_id > ?";

std::array<std::int64_t, 6> NumbersOf(const PolicyLimits& limits) {
  return {limits.requests_per_minute, limits.requests_per_hour, limits.queries_per_hour,
          limits.queries_per_day,     limits.rows_per_query,    limits.query_seconds};
}

Result<void> CheckLimits(const PolicyLimits& limits) {
  const auto numbers = NumbersOf(limits);
  const auto [least, most] = std::minmax_element(numbers.begin(), numbers.end());
  if (*least >= 0 && *most <= kLimitMax) return {};
  return Error{ErrorCode::kInvalidInput,
               fmt::format("a limit must be 0, for none, or a number up to {}", kLimitMax)};
}

Error NoPolicy() { return {ErrorCode::kNotFound, "The token has no policy"}; }

Policy PolicyIn(const sqlite::SqliteStatement& row) {
  Policy policy;
  policy.token_id = row.Number(0);
  policy.token_name = row.Text(1);
  policy.limits = {row.Number(2), row.Number(3), row.Number(4),
                   row.Number(5), row.Number(6), row.Number(7)};
  policy.created_at = row.Number(8);
  policy.updated_at = row.Number(9);
  return policy;
}

}  // namespace

Result<std::vector<Policy>> PolicyStore::ReadLocked(const char* condition,
                                                    std::int64_t token_id) const {
  auto statement = TRY(file_.connection->Prepare(fmt::format(
      "SELECT token_id, tokens.name, requests_per_minute, requests_per_hour, queries_per_hour, "
      "queries_per_day, rows_per_query, query_seconds, policies.created_at, policies.updated_at "
      "FROM policies JOIN tokens ON tokens.id = policies.token_id WHERE {} ORDER BY token_id",
      condition)));
  statement.Bind(token_id);
  std::vector<Policy> policies;
  while (TRY(statement.Step())) policies.push_back(PolicyIn(statement));
  return policies;
}

Result<Policy> PolicyStore::Add(std::int64_t token_id, const PolicyLimits& limits) {
  TRY(CheckLimits(limits));
  {
    MutexLock lock(file_.mutex);
    auto known = TRY(file_.connection->Prepare("SELECT 1 FROM tokens WHERE id = ?"));
    known.Bind(token_id);
    if (!TRY(known.Step())) return Error{ErrorCode::kNotFound, "Token not found"};
    TRY(known.Step());
    auto statement = TRY(file_.connection->Prepare(
        "INSERT INTO policies (token_id, requests_per_minute, requests_per_hour, queries_per_hour, "
        "queries_per_day, rows_per_query, query_seconds, created_at, updated_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    statement.Bind(token_id);
    for (const auto number : NumbersOf(limits)) statement.Bind(number);
    statement.Bind(clock_.NowMicros()).Bind(clock_.NowMicros());
    const auto added = statement.Run();
    if (!added.ok() && added.error().code == ErrorCode::kAlreadyExists) {
      return Error{ErrorCode::kAlreadyExists, "The token has a policy already: change that one"};
    }
    if (!added.ok()) return added.error();
  }
  on_change_();
  return Get(token_id);
}

Result<std::vector<Policy>> PolicyStore::List() const {
  MutexLock lock(file_.mutex);
  return ReadLocked(kOfAll, 0);
}

Result<Policy> PolicyStore::Get(std::int64_t token_id) const {
  MutexLock lock(file_.mutex);
  auto policies = TRY(ReadLocked(kOfOne, token_id));
  if (policies.empty()) return NoPolicy();
  return std::move(policies.front());
}

Result<Policy> PolicyStore::Change(std::int64_t token_id, const PolicyLimits& limits) {
  TRY(CheckLimits(limits));
  {
    MutexLock lock(file_.mutex);
    auto statement = TRY(file_.connection->Prepare(
        "UPDATE policies SET requests_per_minute = ?, requests_per_hour = ?, queries_per_hour = ?, "
        "queries_per_day = ?, rows_per_query = ?, query_seconds = ?, updated_at = ? "
        "WHERE token_id = ?"));
    for (const auto number : NumbersOf(limits)) statement.Bind(number);
    statement.Bind(clock_.NowMicros()).Bind(token_id);
    TRY(statement.Run());
    if (statement.changed_row_count() == 0) return NoPolicy();
  }
  on_change_();
  return Get(token_id);
}

Result<void> PolicyStore::Remove(std::int64_t token_id) {
  {
    MutexLock lock(file_.mutex);
    auto statement = TRY(file_.connection->Prepare("DELETE FROM policies WHERE token_id = ?"));
    statement.Bind(token_id);
    TRY(statement.Run());
    if (statement.changed_row_count() == 0) return NoPolicy();
  }
  on_change_();
  return {};
}

Result<PolicyLimits> PolicyStore::LimitsOf(std::int64_t token_id) const {
  MutexLock lock(file_.mutex);
  // What is damaged may be the number of the token: a policy must not get lost with it. Reading all
  // policies for that takes too long while no row is known to be damaged.
  const auto is_of_it =
      file_.damaged_row_count() == 0
          ? std::string("token_id = ?1")
          : "(token_id = ?1 OR " + WouldBeSound("policies", "token_id", "?1") + ")";
  auto damaged = TRY(file_.connection->Prepare(
      fmt::format("SELECT 1 FROM policies WHERE {} AND NOT ({})", is_of_it, IsSound("policies"))));
  damaged.Bind(token_id);
  if (TRY(damaged.Step())) {
    file_.NoteDamage();
    return Error{ErrorCode::kUnauthenticated, "Invalid or expired token",
                 fmt::format("the policy of token {} is damaged", token_id)};
  }
  const auto policies = TRY(ReadLocked(kOfOne, token_id));
  return policies.empty() ? defaults_ : policies.front().limits;
}

}  // namespace arc::auth
