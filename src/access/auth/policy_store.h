// The policies of tokens, and the limits of tokens without one.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "access/auth/auth_file.h"
#include "access/auth/policy.h"
#include "foundation/base/result.h"
#include "foundation/time/clock.h"

namespace arc::auth {

// Times are microseconds UTC.
struct Policy {
  std::int64_t token_id = 0;
  std::string token_name;
  PolicyLimits limits;
  std::int64_t created_at = 0;
  std::int64_t updated_at = 0;
};

// Lifetime: outlived by the file.
// Threads:  any; changes block on the disk.
class PolicyStore {
 public:
  // `on_change` is called after each change, before it is answered.
  PolicyStore(AuthFile& file, PolicyLimits defaults, const Clock& clock,
              std::function<void()> on_change)
      : file_(file), defaults_(defaults), clock_(clock), on_change_(std::move(on_change)) {}

  // kInvalidInput on a limit below zero, kNotFound when there is no such token, kAlreadyExists when
  // it has a policy.
  Result<Policy> Add(std::int64_t token_id, const PolicyLimits& limits);
  Result<std::vector<Policy>> List() const;  // by token
  // These fail with kNotFound when the token has none; Change with kCorruptData when it is damaged:
  // it can be removed.
  Result<Policy> Get(std::int64_t token_id) const;
  Result<Policy> Change(std::int64_t token_id, const PolicyLimits& limits);
  Result<void> Remove(std::int64_t token_id);

  // What counts for the token. Fails with kUnauthenticated when its policy is damaged: nobody knows
  // what it was limited to.
  Result<PolicyLimits> LimitsOf(std::int64_t token_id) const;

 private:
  Result<std::vector<Policy>> ReadLocked(const char* condition, std::int64_t token_id) const
      REQUIRES(file_.mutex);

  AuthFile& file_;
  const PolicyLimits defaults_;
  const Clock& clock_;
  const std::function<void()> on_change_;
};

}  // namespace arc::auth
