#include "service/config/storage_names.h"

#include <algorithm>
#include <array>

namespace arc::config {
namespace {

constexpr std::size_t kHostCharactersMax = 253;
constexpr std::size_t kLabelCharactersMax = 63;
constexpr std::size_t kBucketCharactersMin = 3;
constexpr std::size_t kBucketCharactersMax = 63;
constexpr std::array<std::string_view, 3> kKeptPrefixes = {"xn--", "sthree-", "amzn-s3-demo-"};
constexpr std::array<std::string_view, 5> kKeptSuffixes = {"-s3alias", "--ol-s3", ".mrap", "--x-s3",
                                                           "--table-s3"};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

// Labels of what `is_alphanumeric` says and '-', with '.' between them.
template <class IsAlphanumeric>
bool AreLabels(std::string_view text, IsAlphanumeric is_alphanumeric) {
  std::size_t length = 0;
  char before = '.';
  for (const char c : text) {
    if (c == '.') {
      if (before == '.' || before == '-') return false;
      length = 0;
    } else {
      if (!is_alphanumeric(c) && (c != '-' || before == '.')) return false;
      if (++length > kLabelCharactersMax) return false;
    }
    before = c;
  }
  return before != '.' && before != '-';
}

// Four numbers of one to three digits, be they too large or not.
bool LooksLikeAddress(std::string_view text) {
  std::size_t dots = 0;
  std::size_t digits = 0;
  for (const char c : text) {
    if (IsDigit(c)) {
      if (++digits > 3) return false;
    } else if (c == '.' && digits > 0) {
      dots++;
      digits = 0;
    } else {
      return false;
    }
  }
  return dots == 3 && digits > 0;
}

}  // namespace

bool IsHostName(std::string_view text) {
  return !text.empty() && text.size() <= kHostCharactersMax &&
         AreLabels(text, [](char c) { return IsLower(c) || IsUpper(c) || IsDigit(c); });
}

bool IsBucketName(std::string_view text) {
  if (text.size() < kBucketCharactersMin || text.size() > kBucketCharactersMax) return false;
  if (!AreLabels(text, [](char c) { return IsLower(c) || IsDigit(c); })) return false;
  const auto begins = [text](std::string_view prefix) { return text.starts_with(prefix); };
  const auto ends = [text](std::string_view suffix) { return text.ends_with(suffix); };
  return !LooksLikeAddress(text) &&
         std::none_of(kKeptPrefixes.begin(), kKeptPrefixes.end(), begins) &&
         std::none_of(kKeptSuffixes.begin(), kKeptSuffixes.end(), ends);
}

}  // namespace arc::config
