#include "service/http/target.h"

#include <algorithm>
#include <optional>

#include "foundation/text/ascii.h"

namespace arc::http {
namespace {

enum class Plus { kLiteral, kSpace };

std::optional<unsigned> HexDigit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

Result<std::string> Decode(std::string_view text, Plus plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); i++) {
    if (text[i] == '+' && plus == Plus::kSpace) {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      const auto high = i + 2 < text.size() ? HexDigit(text[i + 1]) : std::nullopt;
      const auto low = high ? HexDigit(text[i + 2]) : std::nullopt;
      if (!low) return Error{ErrorCode::kInvalidInput, "Invalid percent-encoding in the URL"};
      decoded += static_cast<char>(*high * 16 + *low);
      i += 2;
    }
  }
  return decoded;
}

// Splits off what stands before the first `separator`; the rest of `text` stays.
std::string_view TakeUntil(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return taken;
}

// Leaves "/path?query" of an absolute URL; the path may be missing.
std::string_view WithoutAuthority(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!StartsIgnoringCase(target, scheme)) continue;
    target.remove_prefix(scheme.size());
    target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
    return target;
  }
  return target;
}

Result<void> CheckPathPart(std::string_view part) {
  const bool has_control = std::any_of(part.begin(), part.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  if (has_control) {
    return Error{ErrorCode::kInvalidInput, "The URL's path has control characters"};
  }
  if (part == "." || part == "..") {
    return Error{ErrorCode::kInvalidInput, "The URL's path must not have . or .. parts"};
  }
  return {};
}

}  // namespace

std::string Target::Path() const {
  if (path_parts.empty()) return "/";
  std::string path;
  for (const auto& part : path_parts) path.append("/").append(part);
  return path;
}

std::string_view RawPath(std::string_view target) {
  target = WithoutAuthority(target);
  return target.substr(0, target.find_first_of("?#"));
}

Result<Target> ParseTarget(std::string_view text) {
  const std::string_view whole = text;
  text = WithoutAuthority(text);
  if (text.size() == whole.size() && !text.starts_with('/') && text != "*") {
    return Error{ErrorCode::kInvalidInput, "The request target must be a path or an http URL"};
  }
  std::string_view query = text.substr(std::min(text.find('?'), text.size()));
  std::string_view path = RawPath(text);
  Target target;
  while (!path.empty()) {
    const std::string_view part = TakeUntil(path, '/');
    if (part.empty()) continue;
    target.path_parts.push_back(TRY(Decode(part, Plus::kLiteral)));
    TRY(CheckPathPart(target.path_parts.back()));
  }
  if (!query.empty()) query.remove_prefix(1);
  while (!query.empty()) {
    std::string_view value = TakeUntil(query, '&');
    if (value.empty()) continue;
    const std::string_view name = TakeUntil(value, '=');
    std::string decoded_name = TRY(Decode(name, Plus::kSpace));
    target.query.emplace_back(std::move(decoded_name), TRY(Decode(value, Plus::kSpace)));
  }
  return target;
}

}  // namespace arc::http
