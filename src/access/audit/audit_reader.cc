#include "access/audit/audit_reader.h"

#include <functional>
#include <string_view>
#include <utility>

namespace arc::audit {
namespace {

// More than audit_log.max_file_size can be set to.
constexpr std::size_t kFileBytesMax = std::size_t{2} << 30;

// Returns whether to go on.
using Visit = std::function<bool(AuditEntry entry)>;

// False when `visit` has enough.
bool VisitLinesBackwards(std::string_view text, const Visit& visit) {
  while (!text.empty()) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    const auto before = text.rfind('\n');
    const auto begin = before == std::string_view::npos ? 0 : before + 1;
    if (auto entry = ParseLine(text.substr(begin))) {
      if (!visit(*std::move(entry))) return false;
    }
    text = text.substr(0, begin);
  }
  return true;
}

// Visits all entries, the newest first.
Result<void> VisitBackwards(AuditLog& log, fs::FileSystem& files, const Visit& visit) {
  IgnoreFailure(log.Flush(), "it is logged, and what the files hold can be read");
  for (const auto& path : TRY(log.FilePaths())) {
    const auto text = fs::ReadWholeFile(files, path, kFileBytesMax);
    if (!text.ok() && text.error().code == ErrorCode::kNotFound) continue;  // too old by now
    if (!text.ok()) return text.error();
    if (!VisitLinesBackwards(text.value(), visit)) return {};
  }
  return {};
}

bool IsAskedFor(const AuditEntry& entry, const AuditQuestion& question) {
  const auto fits = [](const std::string& wanted, const std::string& text) {
    return wanted.empty() || wanted == text;
  };
  return entry.timestamp <= question.until && fits(question.event_type, entry.event_type) &&
         fits(question.actor, entry.actor) && fits(question.database, entry.database);
}

}  // namespace

Result<std::vector<AuditEntry>> ReadEntries(AuditLog& log, fs::FileSystem& files,
                                            const AuditQuestion& question) {
  std::vector<AuditEntry> entries;
  auto offset = question.offset;
  TRY(VisitBackwards(log, files, [&](AuditEntry entry) {
    if (entry.timestamp < question.since || entries.size() >= question.limit) return false;
    if (!IsAskedFor(entry, question)) return true;
    if (offset > 0) {
      offset--;
    } else {
      entries.push_back(std::move(entry));
    }
    return true;
  }));
  return entries;
}

Result<std::map<std::string, std::uint64_t>> CountEvents(AuditLog& log, fs::FileSystem& files,
                                                         std::int64_t since) {
  std::map<std::string, std::uint64_t> counts;
  TRY(VisitBackwards(log, files, [&](AuditEntry entry) {
    if (entry.timestamp < since) return false;
    counts[entry.event_type]++;
    return true;
  }));
  return counts;
}

}  // namespace arc::audit
