#include "auth/token.h"

#include <openssl/rand.h>
#include <openssl/sha.h>

namespace arc::auth {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string Base64Url(const std::array<std::uint8_t, 32>& bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto left = bytes.size() - i;
    std::uint32_t bits = std::uint32_t{bytes[i]} << 16;
    if (left > 1) bits |= std::uint32_t{bytes[i + 1]} << 8;
    if (left > 2) bits |= bytes[i + 2];
    for (std::size_t digit = 0; digit < 4; digit++) {
      const bool is_padding = digit > left;
      text += is_padding ? '=' : kBase64Url[(bits >> (18 - 6 * digit)) & 63];
    }
  }
  return text;
}

}  // namespace

Result<std::string> DrawToken() {
  std::array<std::uint8_t, 32> bytes;
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    return Error{ErrorCode::kInternal, "the system has no random numbers"};
  }
  return Base64Url(bytes);
}

std::string TokenHash::Hex() const {
  std::string text;
  for (const auto byte : bytes) {
    text += kHexDigits[byte >> 4];
    text += kHexDigits[byte & 15];
  }
  return text;
}

TokenHash HashOf(std::string_view token) {
  TokenHash hash;
  SHA256(reinterpret_cast<const std::uint8_t*>(token.data()), token.size(), hash.bytes.data());
  return hash;
}

bool ParseTokenHash(std::string_view hex, TokenHash& hash) {
  if (hex.size() != 2 * hash.bytes.size()) return false;
  for (std::size_t i = 0; i < hash.bytes.size(); i++) {
    const auto high = kHexDigits.find(hex[2 * i]);
    const auto low = kHexDigits.find(hex[2 * i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return false;
    hash.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

}  // namespace arc::auth
