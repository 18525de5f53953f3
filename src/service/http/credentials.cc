#include "service/http/credentials.h"

#include <openssl/evp.h>

#include <algorithm>

#include "foundation/text/ascii.h"

namespace arc::http {
namespace {

// Empty when `text` is not base64 with padding (RFC 4648).
std::string DecodeBase64(std::string_view text) {
  std::string decoded(text.size() / 4 * 3, '\0');
  const int byte_count = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()),
                                         reinterpret_cast<const unsigned char*>(text.data()),
                                         static_cast<int>(text.size()));
  if (byte_count < 0) return {};
  // The function counts the padding as zero bytes.
  const auto padding = std::min<std::size_t>(2, text.size() - text.find_last_not_of('=') - 1);
  decoded.resize(static_cast<std::size_t>(byte_count) - padding);
  return decoded;
}

std::string PasswordOf(std::string_view user_and_password) {
  const auto colon = user_and_password.find(':');
  if (colon == std::string_view::npos) return {};
  return std::string(user_and_password.substr(colon + 1));
}

std::string TokenOfAuthorization(std::string_view value) {
  const auto end_of_scheme = value.find(' ');
  if (end_of_scheme == std::string_view::npos) return std::string(value);
  const std::string_view scheme = value.substr(0, end_of_scheme);
  const std::string_view rest = TrimSpaces(value.substr(end_of_scheme));
  if (EqualIgnoringCase(scheme, "Basic")) return PasswordOf(DecodeBase64(rest));
  if (EqualIgnoringCase(scheme, "Bearer") || EqualIgnoringCase(scheme, "Token")) {
    return std::string(rest);
  }
  return std::string(value);
}

}  // namespace

std::string TokenOf(const Request& request) {
  if (const auto value = TrimSpaces(request.HeaderValue("Authorization")); !value.empty()) {
    return TokenOfAuthorization(value);
  }
  if (const auto value = TrimSpaces(request.HeaderValue("x-api-key")); !value.empty()) {
    return std::string(value);
  }
  return std::string(request.QueryValue("p").value_or(""));
}

}  // namespace arc::http
