#include "service/http/spooled_body.h"

#include <fmt/format.h>

#include <string_view>

#include "foundation/base/log.h"

namespace arc::http {
namespace {

constexpr std::string_view kPrefix = "body-";
constexpr std::string_view kSuffix = ".spool";

bool IsSpoolName(std::string_view name) {
  return name.starts_with(kPrefix) && name.ends_with(kSuffix);
}

}  // namespace

SpooledBody::~SpooledBody() {
  const auto removed = file_system_.Remove(path_);
  if (!removed.ok()) {
    LogWarning("http: a spooled body stays on disk until the next start: {}",
               LogText(removed.error()));
  }
}

Result<void> PrepareSpoolDirectory(fs::FileSystem& file_system, const std::string& directory) {
  TRY(file_system.CreateDirectories(directory));
  for (const auto& entry : TRY(file_system.List(directory))) {
    if (entry.is_directory || !IsSpoolName(entry.name)) continue;
    TRY(file_system.Remove(directory + "/" + entry.name));
  }
  return {};
}

std::string SpoolPath(const std::string& directory, std::uint64_t number) {
  return fmt::format("{}/{}{}{}", directory, kPrefix, number, kSuffix);
}

}  // namespace arc::http
