// A folder of its own for one test, removed with everything in it at the end.

#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "foundation/base/check.h"

namespace arc::testing {

class TempDirectory {
 public:
  TempDirectory() {
    auto pattern = (std::filesystem::temp_directory_path() / "arc-test-XXXXXX").string();
    CHECK(::mkdtemp(pattern.data()) != nullptr, "cannot make a folder for a test");
    path_ = pattern;
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace arc::testing
