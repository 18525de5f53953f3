// Reads a TOML file into a flat list. The only file that knows toml++ is toml_file.cc.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "foundation/base/result.h"

namespace arc::config {

struct TomlEntry {
  enum class Kind { kSection, kText, kNumber, kBoolean, kOther };

  std::string name;  // "server" for a section, "server.port" for a value in it.
  Kind kind;         // kOther: a list or a date.
  std::string text;  // The value; of kOther for messages only.
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

// In the order of the file. Fails with kInvalidInput, naming file, line and column, when the file
// cannot be read or is not TOML.
Result<std::vector<TomlEntry>> ReadTomlFile(const std::filesystem::path& path);

}  // namespace arc::config
