// Access tokens: 256 random bits as text, and what is kept of them.

#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "foundation/base/result.h"

namespace arc::auth {

// A new token: 32 bytes of the system's randomness in URL-safe base64 (RFC 4648, 5), 44 characters.
// Fails with kInternal when the system has none.
Result<std::string> DrawToken();

// SHA-256 of a token: what is stored, compared and looked up instead of it.
//
// Not a slow password hash: those make guessing words dear, and there is nothing to guess in 256
// random bits; all that a slow one would do is to let every request with a bad token cost a core.
struct TokenHash {
  std::array<std::uint8_t, 32> bytes{};

  bool operator==(const TokenHash&) const = default;
  std::string Hex() const;
};

TokenHash HashOf(std::string_view token);
// Nothing when `hex` is not 64 hexadecimal digits.
bool ParseTokenHash(std::string_view hex, TokenHash& hash);

// The bits of a hash are as good as random: some of them are a hash for tables. Lookups compare
// hashes of what was sent, of which an attacker chooses no bit, so their time tells nothing of the
// tokens that exist.
struct TokenHashHash {
  std::size_t operator()(const TokenHash& hash) const {
    std::size_t some;
    std::memcpy(&some, hash.bytes.data(), sizeof(some));
    return some;
  }
};

}  // namespace arc::auth
