// Answers questions about the audit log.

#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "access/audit/audit_log.h"

namespace arc::audit {

// Empty texts, and times at the ends of their range, match everything.
struct AuditQuestion {
  std::string event_type{};
  std::string actor{};
  std::string database{};
  std::int64_t since = 0;                                         // microseconds UTC, included
  std::int64_t until = std::numeric_limits<std::int64_t>::max();  // included
  std::uint64_t limit = 100;
  std::uint64_t offset = 0;
};

// Both read the files: entries that the disk has refused are in no answer until it takes them.

// Newest first. Memory: one file and the answer. Reads everything from the newest entry back to
// `since`.
Result<std::vector<AuditEntry>> ReadEntries(AuditLog& log, fs::FileSystem& files,
                                            const AuditQuestion& question);
// How many entries of each type there are from `since` on.
Result<std::map<std::string, std::uint64_t>> CountEvents(AuditLog& log, fs::FileSystem& files,
                                                         std::int64_t since);

}  // namespace arc::audit
