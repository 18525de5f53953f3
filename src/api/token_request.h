// The bodies of token requests.

#pragma once

#include <cstdint>
#include <string>

#include "auth/token_info.h"
#include "auth/token_store.h"
#include "base/result.h"

namespace arc::api {

// {"name", "description", "permissions", "expires_in"} over what is so far: members that are absent
// stay. `expires_in` counts from `now` (microseconds UTC); null takes the expiry away. Fails with
// kInvalidInput, naming the member.
Result<auth::TokenWish> ParseTokenWish(const std::string& body, auth::TokenWish so_far,
                                       std::int64_t now);

// As the API shows it.
std::string ToJson(const auth::TokenInfo& token);
std::string ToJson(const auth::Permissions& permissions);

}  // namespace arc::api
