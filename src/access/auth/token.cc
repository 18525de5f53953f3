#include "access/auth/token.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <memory>

#include "foundation/base/check.h"

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

// OpenSSL's one-shot functions look SHA-256 up on each call, under locks that all threads share: a
// third of the time alone, most of it with two threads. So each thread keeps what was found.
class Sha256 {
 public:
  Sha256() : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
    CHECK(algorithm_ != nullptr && context_ != nullptr, "OpenSSL has no SHA-256");
    Begin(algorithm_.get());
  }

  TokenHash operator()(std::string_view text) {
    TokenHash hash;
    Begin(nullptr);
    CHECK(EVP_DigestUpdate(context_.get(), text.data(), text.size()) == 1 &&
              EVP_DigestFinal_ex(context_.get(), hash.bytes.data(), nullptr) == 1,
          "SHA-256 fails");
    return hash;
  }

 private:
  struct Free {
    void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };

  // Null: the same algorithm again.
  void Begin(EVP_MD* algorithm) {
    CHECK(EVP_DigestInit_ex2(context_.get(), algorithm, nullptr) == 1, "SHA-256 does not begin");
  }

  const std::unique_ptr<EVP_MD, Free> algorithm_;
  const std::unique_ptr<EVP_MD_CTX, Free> context_;
};

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
  thread_local Sha256 sha256;
  return sha256(token);
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
