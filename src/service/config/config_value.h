// From the text of a value to the field of its key, and back to words for people.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "service/config/config_keys.h"

namespace arc::config {

// "64MB", "64 MiB", "1.5GB", "65536": KB and KiB are both 1024 bytes, and so on up to TB. Any case.
// Nothing when it is not such a text or does not fit into 64 bits.
std::optional<std::uint64_t> ParseByteCount(std::string_view text);

// In the largest unit that leaves a whole number: "64MB", "1025B".
std::string FormatByteCount(std::uint64_t bytes);

// Stores `text` in the key's field of `config`. False, with `config` as it was, when the text is
// not a value of the key; ExpectedValue says what would be. "auto" is not for this function.
bool SetConfigValue(const ConfigKey& key, std::string_view text, const Machine& machine,
                    Config& config);

// The key's value in `config` as a TOML file has it: texts in quotes, sizes in the largest unit. A
// secret is `"***"`, or `""` when it is not set.
std::string FormatConfigValue(const ConfigKey& key, const Config& config);

// "an integer from 0 to 65535", "one of: json, console".
std::string ExpectedValue(const ConfigKey& key);

}  // namespace arc::config
