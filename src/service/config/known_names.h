// Which names of the Arc configuration exist, beyond the keys that this server uses: files written
// for another Arc server start with a warning, a typing error does not start at all.

#pragma once

#include <string>
#include <string_view>

namespace arc::config {

// A key of the Arc configuration that this server does not use, such as "mqtt.enabled".
bool IsUnusedKey(std::string_view name);

// An environment variable for such a key, such as "ARC_MQTT_ENABLED".
bool IsUnusedVariable(std::string_view variable);

// A section with at least one key, used or not: "server", "edge_sync.spoke".
bool IsKnownSection(std::string_view section);

// For error messages: " (did you mean 'server.port'?)" with the known key or section closest to
// what was typed; empty when nothing is close.
std::string SuggestKey(std::string_view typed);
std::string SuggestSection(std::string_view typed);
std::string SuggestVariable(std::string_view typed);

}  // namespace arc::config
