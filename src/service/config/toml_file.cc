#include "service/config/toml_file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <sstream>
#include <tuple>

namespace arc::config {
namespace {

std::string TextOf(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  std::ostringstream out;
  if (node.is_array()) out << "a list";
  if (const auto* number = node.as_integer()) out << number->get();
  if (const auto* number = node.as_floating_point()) out << number->get();
  if (const auto* boolean = node.as_boolean()) out << (boolean->get() ? "true" : "false");
  if (node.is_date() || node.is_time() || node.is_date_time()) out << "a date or time";
  return out.str();
}

TomlEntry::Kind KindOf(const toml::node& node) {
  if (node.is_table()) return TomlEntry::Kind::kSection;
  if (node.is_string()) return TomlEntry::Kind::kText;
  if (node.is_boolean()) return TomlEntry::Kind::kBoolean;
  if (node.is_number()) return TomlEntry::Kind::kNumber;
  return TomlEntry::Kind::kOther;
}

void Flatten(const toml::table& table, const std::string& prefix, std::vector<TomlEntry>& entries) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    // A key knows its place, except one that only a dotted header implies.
    const auto place = key.source().begin ? key.source().begin : node.source().begin;
    entries.push_back({name, KindOf(node), TextOf(node), place.line, place.column});
    if (const auto* section = node.as_table()) Flatten(*section, name + '.', entries);
  }
}

}  // namespace

Result<std::vector<TomlEntry>> ReadTomlFile(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return Error{ErrorCode::kInvalidInput, path.string() + " is a directory, not a TOML file"};
  }
  std::vector<TomlEntry> entries;
  try {
    Flatten(toml::parse_file(path.string()), "", entries);
  } catch (const toml::parse_error& error) {
    std::string message = path.string() + ":";
    if (const auto place = error.source().begin) {
      message += std::to_string(place.line) + ":" + std::to_string(place.column) + ":";
    }
    return Error{ErrorCode::kInvalidInput, message + " " + std::string(error.description())};
  }
  std::ranges::stable_sort(
      entries, {}, [](const TomlEntry& entry) { return std::tuple(entry.line, entry.column); });
  return entries;
}

}  // namespace arc::config
