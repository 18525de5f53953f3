#include "service/config/load_config.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string_view>

#include "foundation/base/check.h"
#include "foundation/text/parse_number.h"
#include "service/config/config_checks.h"
#include "service/config/config_keys.h"
#include "service/config/config_value.h"
#include "service/config/known_names.h"
#include "service/config/storage_names.h"
#include "service/config/toml_file.h"

namespace arc::config {
namespace {

constexpr std::string_view kAutomatic = "auto";
constexpr std::size_t kShownValueCharactersMax = 80;

// Variables that belong to the client commands and the build, not to the configuration.
constexpr std::array<std::string_view, 3> kOtherVariables = {"ARC_URL", "ARC_TOKEN",
                                                             "ARC_DEPS_DIR"};

// How other Arc servers say wal.durability.
constexpr std::string_view kWalEnabled = "wal.enabled";
constexpr std::string_view kWalSyncMode = "wal.sync_mode";
constexpr std::string_view kWalDurability = "wal.durability";

std::string Shown(std::string_view value) {
  const bool is_long = value.size() > kShownValueCharactersMax;
  return std::string(value.substr(0, kShownValueCharactersMax)) + (is_long ? "..." : "");
}

std::string ShownValue(const ConfigKey& key, std::string_view value) {
  return key.kind == ValueKind::kSecret ? "***" : Shown(value);
}

std::string UnknownKey(const std::string& name) {
  const auto suggestion = SuggestKey(name);
  return "unknown key '" + name + "'" +
         (suggestion.empty() ? ": `arc config` lists all keys" : suggestion);
}

std::string ToLowerKey(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool IsEndpoint(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (text.starts_with(scheme)) text.remove_prefix(scheme.size());
  }
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return IsHostName(text);
  const auto port = ParseNumber<std::uint16_t>(text.substr(colon + 1));
  return port && *port > 0 && IsHostName(text.substr(0, colon));
}

// Collects the settings of all sources, later ones over earlier ones, and everything wrong in them.
class Loader {
 public:
  explicit Loader(const Machine& machine) : machine_(machine) {}

  Result<void> ReadFile(const std::filesystem::path& path);
  void ReadEnvironment(const Environment& environment);
  void ReadFlags(const std::map<std::string, std::string>& flags);
  Result<LoadedConfig> Finish() &&;

 private:
  struct Setting {
    std::string text;
    std::string origin;
  };

  void ReadFileValue(const TomlEntry& entry, const std::string& path);
  // `place` begins the message when `text` is not a value of the key.
  void Set(const ConfigKey& key, const std::string& text, std::string origin,
           const std::string& place);
  // A setting without use here, which stops nothing: what can be told to be wrong is warned of.
  void TakeUnused(const std::string& place, const std::string& name, const std::string& text);
  // Settings of other Arc servers that mean something here by another name. True when it is one.
  bool SetTranslated(std::string_view name, const std::string& text, const std::string& place);
  void ApplyTranslated();
  void Apply(bool automatic);
  void CheckTogether();

  const Machine machine_;
  std::map<std::string_view, Setting> settings_;
  std::map<std::string, Setting> translated_;  // by the name that was given
  std::vector<std::string> problems_;
  std::set<std::string_view> wrong_;  // keys with a value that is none of theirs
  LoadedConfig loaded_;
};

Result<void> Loader::ReadFile(const std::filesystem::path& path) {
  const std::vector<TomlEntry> entries = TRY(ReadTomlFile(path));
  std::vector<std::string> unknown_sections;
  for (const auto& entry : entries) {
    const bool is_reported = std::ranges::any_of(unknown_sections, [&](const auto& section) {
      return entry.name.starts_with(section + '.');
    });
    if (is_reported) continue;
    if (entry.kind != TomlEntry::Kind::kSection) {
      ReadFileValue(entry, path.string());
    } else if (!IsKnownSection(entry.name)) {
      unknown_sections.push_back(entry.name);
      const auto suggestion = SuggestSection(entry.name);
      problems_.push_back(path.string() + ':' + std::to_string(entry.line) + ':' +
                          std::to_string(entry.column) + ": unknown section [" + entry.name + "]" +
                          (suggestion.empty() ? ": `arc config` lists all sections" : suggestion));
    }
  }
  return {};
}

void Loader::ReadFileValue(const TomlEntry& entry, const std::string& path) {
  const std::string origin = path + ':' + std::to_string(entry.line);
  const std::string place = origin + ':' + std::to_string(entry.column) + ": ";
  const ConfigKey* key = FindConfigKey(entry.name);
  if (key == nullptr && SetTranslated(entry.name, entry.text, place)) return;
  if (key == nullptr && IsUnusedKey(entry.name)) return TakeUnused(place, entry.name, entry.text);
  if (key == nullptr) {
    problems_.push_back(place + UnknownKey(entry.name));
    return;
  }
  const bool wants_text = key->kind == ValueKind::kText || key->kind == ValueKind::kSecret ||
                          key->kind == ValueKind::kPath || key->kind == ValueKind::kChoice;
  const bool is_boolean = entry.kind == TomlEntry::Kind::kBoolean;
  if (entry.kind == TomlEntry::Kind::kOther || is_boolean != (key->kind == ValueKind::kBoolean) ||
      (wants_text && entry.kind != TomlEntry::Kind::kText)) {
    wrong_.insert(key->name);
    problems_.push_back(place + entry.name + " = " + ShownValue(*key, entry.text) + ": expected " +
                        ExpectedValue(*key) + (wants_text ? ", in quotes" : ""));
    return;
  }
  Set(*key, entry.text, origin, place + entry.name);
}

void Loader::ReadEnvironment(const Environment& environment) {
  for (const auto& [name, value] : environment) {
    const bool is_ours = name.starts_with("ARC_") && !value.empty() &&
                         std::ranges::find(kOtherVariables, name) == kOtherVariables.end();
    if (!is_ours) continue;
    const auto key = std::ranges::find(ConfigKeys(), name, [](const ConfigKey& candidate) {
      return EnvironmentNameOf(candidate.name);
    });
    if (key != ConfigKeys().end()) {
      Set(*key, value, "env " + name, "environment: " + name);
    } else if (name == EnvironmentNameOf(kWalEnabled)) {
      SetTranslated(kWalEnabled, value, "environment: ");
    } else if (name == EnvironmentNameOf(kWalSyncMode)) {
      SetTranslated(kWalSyncMode, value, "environment: ");
    } else if (IsUnusedVariable(name)) {
      TakeUnused("environment: ", name, value);
    } else {
      loaded_.warnings.push_back("environment: unknown variable " + name + SuggestVariable(name));
    }
  }
}

void Loader::ReadFlags(const std::map<std::string, std::string>& flags) {
  for (const auto& [name, value] : flags) {
    if (const ConfigKey* key = FindConfigKey(name); key != nullptr) {
      Set(*key, value, "flag", "command line: " + name);
    } else if (SetTranslated(name, value, "command line: ")) {
      continue;
    } else if (IsUnusedKey(name)) {
      TakeUnused("command line: ", name, value);
    } else {
      problems_.push_back("command line: " + UnknownKey(name));
    }
  }
}

void Loader::Set(const ConfigKey& key, const std::string& text, std::string origin,
                 const std::string& place) {
  Config scratch;
  const bool is_automatic = text == kAutomatic && key.automatic.text != nullptr;
  if (is_automatic || SetConfigValue(key, text, machine_, scratch)) {
    settings_[key.name] = {text, std::move(origin)};
    return;
  }
  wrong_.insert(key.name);
  problems_.push_back(place + " = \"" + ShownValue(key, text) + "\": expected " +
                      ExpectedValue(key));
}

void Loader::TakeUnused(const std::string& place, const std::string& name,
                        const std::string& text) {
  const auto lower = ToLowerKey(name);
  if (!text.empty() && lower.ends_with("s3_bucket") && !IsBucketName(text)) {
    loaded_.warnings.push_back(
        place + name + " = \"" + Shown(text) +
        "\": expected the name of a bucket: 3 to 63 of a-z, 0-9, '.' and '-'");
  }
  if (!text.empty() && lower.ends_with("s3_endpoint") && !IsEndpoint(text)) {
    loaded_.warnings.push_back(
        place + name + " = \"" + Shown(text) +
        "\": expected HOST or HOST:PORT, with or without http:// or https://");
  }
  loaded_.warnings.push_back(place + name + " is known, but not used by this server yet");
}

bool Loader::SetTranslated(std::string_view name, const std::string& text,
                           const std::string& place) {
  const bool is_enabled = name == kWalEnabled;
  if (!is_enabled && name != kWalSyncMode) return false;
  const bool is_good = is_enabled ? text == "true" || text == "false"
                                  : text == "async" || text == "fsync" || text == "fdatasync";
  if (is_good) {
    translated_[std::string(name)] = {text, place};
  } else {
    problems_.push_back(place + std::string(name) + " = \"" + Shown(text) + "\": expected " +
                        (is_enabled ? "true or false" : "one of: async, fsync, fdatasync"));
  }
  return true;
}

// What is said in our own words counts before what is said in the others'.
void Loader::ApplyTranslated() {
  if (translated_.empty() || settings_.contains(kWalDurability)) return;
  const auto enabled = translated_.find(std::string(kWalEnabled));
  const auto sync_mode = translated_.find(std::string(kWalSyncMode));
  const bool is_off = enabled != translated_.end() && enabled->second.text == "false";
  const bool is_interval = sync_mode != translated_.end() && sync_mode->second.text == "async";
  const std::string durability = is_off ? "off" : is_interval ? "interval" : "sync";
  settings_[kWalDurability] = {durability, "wal.enabled and wal.sync_mode"};
  loaded_.warnings.push_back("wal.enabled and wal.sync_mode are read as wal.durability = \"" +
                             durability + "\": say that instead" +
                             (is_off ? "; without a log a crash loses acknowledged rows" : ""));
}

// Automatic values may depend on the others, so they come second.
void Loader::Apply(bool automatic) {
  for (const auto& key : ConfigKeys()) {
    const auto set = settings_.find(key.name);
    const bool is_set = set != settings_.end();
    std::string text = is_set ? set->second.text : std::string(key.default_text);
    const bool is_automatic = text == kAutomatic && key.automatic.text != nullptr;
    if (is_automatic != automatic) continue;
    if (is_automatic) text = key.automatic.text(machine_, loaded_.config);
    const bool is_good = SetConfigValue(key, text, machine_, loaded_.config);
    CHECK(is_good, "BUG: a default is not a value of its key");
    loaded_.origins[std::string(key.name)] = is_set ? set->second.origin : "default";
  }
}

void Loader::CheckTogether() {
  for (const auto& contradiction : FindContradictions(loaded_.config)) {
    const auto& keys = contradiction.keys;
    // A wrong value was replaced by the default: what follows from that is nobody's mistake.
    if (std::ranges::any_of(keys, [&](auto key) { return wrong_.contains(key); })) continue;
    const auto said = std::ranges::find_if(keys, [&](auto key) { return settings_.contains(key); });
    const auto place = said == keys.end() ? "" : settings_.at(*said).origin + ": ";
    problems_.push_back(place + contradiction.message);
  }
  for (auto& warning : FindRisks(loaded_.config, machine_)) {
    loaded_.warnings.push_back(std::move(warning));
  }
}

Result<LoadedConfig> Loader::Finish() && {
  ApplyTranslated();
  Apply(false);
  Apply(true);
  CheckTogether();
  if (problems_.empty()) return std::move(loaded_);
  std::string message = "the configuration is not valid:";
  for (const auto& problem : problems_) message += "\n  " + problem;
  return Error{ErrorCode::kInvalidInput, message};
}

}  // namespace

Result<LoadedConfig> LoadConfig(const ConfigSources& sources) {
  Loader loader(sources.machine);
  std::error_code ignored;
  if (sources.file.has_value()) {
    if (!std::filesystem::exists(*sources.file, ignored)) {
      return Error{ErrorCode::kInvalidInput,
                   "the configuration file " + sources.file->string() + " does not exist"};
    }
    TRY(loader.ReadFile(*sources.file));
  } else {
    for (const auto& candidate : sources.search_path) {
      if (!std::filesystem::exists(candidate, ignored)) continue;
      TRY(loader.ReadFile(candidate));
      break;
    }
  }
  loader.ReadEnvironment(sources.environment);
  loader.ReadFlags(sources.flags);
  return std::move(loader).Finish();
}

std::vector<std::filesystem::path> DefaultSearchPath(const Environment& environment) {
  std::vector<std::filesystem::path> paths = {"./arc.toml", "/etc/arc/arc.toml"};
  for (const auto& [name, value] : environment) {
    if (name == "HOME" && !value.empty()) {
      paths.push_back(std::filesystem::path(value) / ".arc" / "arc.toml");
    }
  }
  return paths;
}

Config DefaultConfig(const Machine& machine) {
  ConfigSources sources;
  sources.machine = machine;
  auto loaded = LoadConfig(sources);
  CHECK(loaded.ok(), "BUG: the defaults are not a valid configuration");
  return std::move(loaded).TakeValue().config;
}

}  // namespace arc::config
