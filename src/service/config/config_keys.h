// The one list of configuration keys. Reading the file, the environment and the flags, checking
// values, and the documentation all follow it: a new option is one line here and one field in
// config.h.

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "service/config/config.h"

namespace arc::config {

enum class ValueKind {
  kText,
  kSecret,  // a text that is never shown
  kChoice,  // one of `choices`
  kPath,    // a file or directory; relative to the working directory
  kInteger,
  kBytes,         // "64MB", or a number of bytes
  kMemory,        // as kBytes, or "50%" of the machine's memory
  kSeconds,       // a whole number
  kMilliseconds,  // a whole number
  kBoolean,       // true or false
};

// Finds the field of a key in a configuration.
using ConfigField =
    std::variant<bool& (*)(Config&), std::string& (*)(Config&), std::filesystem::path& (*)(Config&),
                 std::uint16_t& (*)(Config&), std::uint64_t& (*)(Config&),
                 std::chrono::seconds& (*)(Config&), std::chrono::milliseconds& (*)(Config&)>;

// How the value "auto" is computed. `text` may use every field whose value is not automatic.
struct AutomaticValue {
  std::string_view rule;  // For people: "number of cores, 1 to 8".
  std::string (*text)(const Machine& machine, const Config& config) = nullptr;
};

// Both ends are allowed. In bytes, seconds or milliseconds where the kind says so.
struct ValueLimits {
  std::uint64_t min = 0;
  std::uint64_t max = 0;
};

struct ConfigKey {
  std::string_view name;  // server.port
  ValueKind kind;
  ConfigField field;
  std::string_view default_text;  // "auto" exactly when `automatic` is set.
  AutomaticValue automatic;
  ValueLimits limits;  // Of numbers.
  std::vector<std::string_view> choices;
  std::string_view description;  // One line, for the documentation.
};

// In the order of the documentation. Lives for ever.
const std::vector<ConfigKey>& ConfigKeys();

// Null when the server has no key of that name.
const ConfigKey* FindConfigKey(std::string_view name);

// "server.port" -> "ARC_SERVER_PORT".
std::string EnvironmentNameOf(std::string_view key_name);

}  // namespace arc::config
