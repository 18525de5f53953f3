// One line of the audit log.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace arc::audit {

struct AuditEntry {
  std::int64_t timestamp = 0;  // microseconds UTC
  std::string event_type;
  std::string actor;  // the token's name; empty: nobody that is known
  std::string method;
  std::string path;  // without the query string, 1000 bytes at most
  std::string database;
  int status_code = 0;
  std::string ip_address;
  std::string user_agent;  // 200 bytes at most
  std::int64_t duration_ms = 0;
  std::string detail;  // why it failed

  bool operator==(const AuditEntry&) const = default;
};

// With the newline. Texts of clients are cut and made valid UTF-8.
std::string ToLine(const AuditEntry& entry);
// Nothing for a line that is not ours, or was cut by a crash.
std::optional<AuditEntry> ParseLine(std::string_view line);

}  // namespace arc::audit
