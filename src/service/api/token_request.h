// The bodies of requests that change tokens and the access tree.

#pragma once

#include <cstdint>
#include <string>

#include "access/auth/access_tree.h"
#include "access/auth/token_cache.h"
#include "access/auth/token_info.h"
#include "access/auth/token_store.h"
#include "foundation/base/result.h"
#include "service/api/json_answer.h"

namespace arc::api {

// {"name", "description", "permissions", "expires_in"} over what is so far: members that are absent
// stay. `expires_in` counts from `now` (microseconds UTC); null takes the expiry away. Fails with
// kInvalidInput, naming the member.
Result<auth::TokenSettings> ParseTokenSettings(const std::string& body, auth::TokenSettings so_far,
                                               std::int64_t now);

// The same for a node of the access tree; `name_member` holds its name or pattern.
Result<auth::AccessSettings> ParseAccessSettings(const std::string& body, const char* name_member,
                                                 auth::AccessSettings so_far);

// As the API shows it.
json::object ToJson(const auth::TokenInfo& token);
json::array ToJson(const auth::Permissions& permissions);
json::object ToJson(const auth::TokenCacheStats& stats);
// The same as a member of /health.
json::object AuthCacheDetails(const auth::TokenCacheStats& stats);

}  // namespace arc::api
