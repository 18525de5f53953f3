#include "data/files/file_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace arc::files {
namespace {

constexpr std::string_view kPrefix = "a1-";
constexpr std::string_view kPublishedSuffix = ".parquet";
constexpr std::string_view kStagedSuffix = ".tmp";
constexpr std::size_t kProcessDigits = 16;
constexpr std::size_t kCounterDigitsMin = 6;

std::string DrawProcessPart() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

bool IsHexadecimal(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsName(std::string_view name, std::string_view suffix) {
  if (!name.starts_with(kPrefix) || !name.ends_with(suffix)) return false;
  name.remove_prefix(kPrefix.size());
  if (name.size() < kProcessDigits + 1 + kCounterDigitsMin + suffix.size()) return false;
  name.remove_suffix(suffix.size());
  return IsHexadecimal(name.substr(0, kProcessDigits)) && name[kProcessDigits] == '-' &&
         IsHexadecimal(name.substr(kProcessDigits + 1));
}

}  // namespace

std::string PublishedName(std::string_view file_id) {
  return fmt::format("{}{}{}", kPrefix, file_id, kPublishedSuffix);
}
std::string StagedName(std::string_view file_id) {
  return fmt::format("{}{}{}", kPrefix, file_id, kStagedSuffix);
}
bool IsPublishedName(std::string_view name) { return IsName(name, kPublishedSuffix); }
bool IsStagedName(std::string_view name) { return IsName(name, kStagedSuffix); }

bool IsOwnPath(std::string_view path) {
  return IsPublishedName(path.substr(path.rfind('/') + 1));  // npos + 1 is 0
}

FileIdSource::FileIdSource() : process_part_(DrawProcessPart()) {}

std::string FileIdSource::Next() { return fmt::format("{}-{:06x}", process_part_, ++last_); }

bool FileIdSource::IsOurs(std::string_view published_name) const {
  return IsPublishedName(published_name) &&
         published_name.substr(kPrefix.size(), kProcessDigits) == process_part_;
}

}  // namespace arc::files
