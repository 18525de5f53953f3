// Names of our data files. docs/formats/files.md says what they promise.

#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace arc::files {

// Under the storage root: files that are written and not published yet.
inline constexpr std::string_view kStagingFolder = ".staging";

std::string PublishedName(std::string_view file_id);  // a1-<id>.parquet
std::string StagedName(std::string_view file_id);     // a1-<id>.tmp
bool IsPublishedName(std::string_view name);
bool IsStagedName(std::string_view name);

// True when the file at `path` has a published name, so that a server like this one made it. Other
// files of the catalog were adopted: they are read, and never changed, renamed or deleted.
bool IsOwnPath(std::string_view path);

// Threads: any.
class FileIdSource {
 public:
  // Draws the first half of all ids of this process.
  FileIdSource();

  // An id that no file has ever had.
  std::string Next();
  // True for the published name of an id that this source gave out.
  bool IsOurs(std::string_view published_name) const;

 private:
  const std::string process_part_;  // 16 hexadecimal digits
  std::atomic<std::uint64_t> last_{0};
};

}  // namespace arc::files
