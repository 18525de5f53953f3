#include "service/config/config_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <type_traits>

#include "foundation/time/duration.h"

namespace arc::config {
namespace {

struct ByteUnit {
  std::string_view name;
  std::uint64_t bytes;
};

// Largest first.
constexpr std::array<ByteUnit, 5> kByteUnits = {
    {{"TB", 1ULL << 40}, {"GB", 1ULL << 30}, {"MB", 1ULL << 20}, {"KB", 1ULL << 10}, {"B", 1}}};

std::string_view TrimSpaces(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::string UpperCase(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return upper;
}

// Bytes in one `unit`; an empty unit is a byte.
std::optional<std::uint64_t> UnitBytes(std::string_view unit) {
  std::string name = UpperCase(unit);
  if (name.empty()) return 1;
  if (name.size() == 3 && name[1] == 'I') name.erase(1, 1);  // KiB
  for (const auto& known : kByteUnits) {
    if (name == known.name) return known.bytes;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> ParseInteger(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// A number such as 12 or 1.5, without sign and exponent.
std::optional<double> ParseDecimal(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789.") != text.npos) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> ParseMemory(std::string_view text, const Machine& machine) {
  text = TrimSpaces(text);
  if (text.empty() || text.back() != '%') return ParseByteCount(text);
  text.remove_suffix(1);
  const auto percent = ParseDecimal(TrimSpaces(text));
  if (!percent.has_value() || *percent > 100) return std::nullopt;
  return static_cast<std::uint64_t>(static_cast<double>(machine.memory_bytes) * *percent / 100);
}

// A bare number is in the key's own unit; otherwise as in ParseDuration.
std::optional<std::uint64_t> ParseTime(std::string_view text, std::uint64_t units_per_second) {
  const auto number = ParseInteger(text);
  if (number.has_value()) return number;
  const auto duration = ParseDuration(text);
  if (!duration) return std::nullopt;
  return static_cast<std::uint64_t>(duration->count()) * units_per_second;
}

std::optional<std::uint64_t> ParseNumber(const ConfigKey& key, std::string_view text,
                                         const Machine& machine) {
  auto number = key.kind == ValueKind::kBytes          ? ParseByteCount(text)
                : key.kind == ValueKind::kMemory       ? ParseMemory(text, machine)
                : key.kind == ValueKind::kSeconds      ? ParseTime(text, 1)
                : key.kind == ValueKind::kMilliseconds ? ParseTime(text, 1000)
                                                       : ParseInteger(text);
  if (number.has_value() && (*number < key.limits.min || *number > key.limits.max)) return {};
  return number;
}

bool IsAcceptableText(const ConfigKey& key, std::string_view text) {
  if (key.kind == ValueKind::kPath) return !text.empty() && text.find('\0') == text.npos;
  if (key.kind != ValueKind::kChoice) return true;
  return std::find(key.choices.begin(), key.choices.end(), text) != key.choices.end();
}

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) < ' ') {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string JoinWithCommas(const std::vector<std::string_view>& words) {
  std::string joined;
  for (const auto word : words) {
    if (!joined.empty()) joined += ", ";
    joined += word;
  }
  return joined;
}

}  // namespace

std::optional<std::uint64_t> ParseByteCount(std::string_view text) {
  text = TrimSpaces(text);
  const auto unit_begin = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto unit = UnitBytes(TrimSpaces(text.substr(unit_begin)));
  const auto digits = TrimSpaces(text.substr(0, unit_begin));
  if (!unit.has_value()) return std::nullopt;
  if (const auto whole = ParseInteger(digits); whole.has_value()) {
    std::uint64_t bytes = 0;
    if (__builtin_mul_overflow(*whole, *unit, &bytes)) return std::nullopt;
    return bytes;
  }
  const auto fraction = ParseDecimal(digits);
  constexpr double kLimit = 9.0e18;  // Below 2^63, so that the conversion is defined.
  if (!fraction.has_value() || *unit == 1 || *fraction * static_cast<double>(*unit) > kLimit) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(std::llround(*fraction * static_cast<double>(*unit)));
}

std::string FormatByteCount(std::uint64_t bytes) {
  for (const auto& unit : kByteUnits) {
    if (bytes >= unit.bytes && bytes % unit.bytes == 0) {
      return std::to_string(bytes / unit.bytes) + std::string(unit.name);
    }
  }
  return "0B";
}

bool SetConfigValue(const ConfigKey& key, std::string_view text, const Machine& machine,
                    Config& config) {
  return std::visit(
      [&](auto field) {
        auto& value = field(config);
        using Value = std::remove_reference_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, bool>) {
          if (text != "true" && text != "false") return false;
          value = text == "true";
        } else if constexpr (std::is_same_v<Value, std::string> ||
                             std::is_same_v<Value, std::filesystem::path>) {
          if (!IsAcceptableText(key, text)) return false;
          value = std::string(text);
        } else {
          const auto number = ParseNumber(key, text, machine);
          if (!number.has_value()) return false;
          value = static_cast<Value>(*number);
        }
        return true;
      },
      key.field);
}

std::string FormatConfigValue(const ConfigKey& key, const Config& config) {
  Config copy = config;  // the field of a key is found in a Config that may be changed
  return std::visit(
      [&](auto field) -> std::string {
        const auto& value = field(copy);
        using Value = std::remove_cvref_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, bool>) {
          return value ? "true" : "false";
        } else if constexpr (std::is_same_v<Value, std::filesystem::path>) {
          return Quoted(value.string());
        } else if constexpr (std::is_same_v<Value, std::string>) {
          return Quoted(key.kind == ValueKind::kSecret && !value.empty() ? "***" : value);
        } else if constexpr (std::is_integral_v<Value>) {
          const bool is_size = key.kind == ValueKind::kBytes || key.kind == ValueKind::kMemory;
          return is_size ? Quoted(FormatByteCount(value)) : std::to_string(value);
        } else {
          return std::to_string(value.count());
        }
      },
      key.field);
}

std::string ExpectedValue(const ConfigKey& key) {
  const auto limits = [&](auto format) {
    return " from " + format(key.limits.min) + " to " + format(key.limits.max);
  };
  const auto plain = [](std::uint64_t number) { return std::to_string(number); };
  const std::string automatic = key.automatic.text != nullptr ? ", or \"auto\"" : "";
  switch (key.kind) {
    case ValueKind::kText:
    case ValueKind::kSecret:
      return "a text" + automatic;
    case ValueKind::kChoice:
      return "one of: " + JoinWithCommas(key.choices) + automatic;
    case ValueKind::kPath:
      return "a path that is not empty" + automatic;
    case ValueKind::kInteger:
      return "an integer" + limits(plain) + automatic;
    case ValueKind::kBytes:
      return "a size such as \"64MB\"" + limits(FormatByteCount) + automatic;
    case ValueKind::kMemory:
      return "a size such as \"4GB\" or \"50%\" of the memory," + limits(FormatByteCount) +
             automatic;
    case ValueKind::kSeconds:
      return "a number of seconds" + limits(plain) + ", or a time such as \"90s\" or \"5m\"" +
             automatic;
    case ValueKind::kMilliseconds:
      return "a number of milliseconds" + limits(plain) + ", or a time such as \"90s\" or \"5m\"" +
             automatic;
    case ValueKind::kBoolean:
      return "true or false" + automatic;
  }
  return {};
}

}  // namespace arc::config
