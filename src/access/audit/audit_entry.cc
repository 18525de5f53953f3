#include "access/audit/audit_entry.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "foundation/text/json_text.h"

namespace arc::audit {
namespace {

namespace json = boost::json;

constexpr std::size_t kPathBytesMax = 1000;
constexpr std::size_t kTextBytesMax = 200;

std::string Cut(std::string_view text, std::size_t bytes_max) {
  return JsonString(text.substr(0, bytes_max));
}

std::string TextIn(const json::object& object, const char* name) {
  const auto* member = object.if_contains(name);
  return member != nullptr && member->is_string() ? std::string(member->get_string()) : "";
}

std::int64_t NumberIn(const json::object& object, const char* name) {
  const auto* member = object.if_contains(name);
  return member != nullptr && member->is_int64() ? member->get_int64() : 0;
}

}  // namespace

std::string ToLine(const AuditEntry& entry) {
  return fmt::format(
      "{{\"timestamp\":{},\"event_type\":{},\"actor\":{},\"method\":{},\"path\":{},"
      "\"database\":{},\"status_code\":{},\"ip_address\":{},\"user_agent\":{},"
      "\"duration_ms\":{},\"detail\":{}}}\n",
      entry.timestamp, JsonString(entry.event_type), Cut(entry.actor, kTextBytesMax),
      Cut(entry.method, kTextBytesMax), Cut(entry.path, kPathBytesMax),
      Cut(entry.database, kTextBytesMax), entry.status_code, JsonString(entry.ip_address),
      Cut(entry.user_agent, kTextBytesMax), entry.duration_ms, Cut(entry.detail, kTextBytesMax));
}

std::optional<AuditEntry> ParseLine(std::string_view line) {
  boost::system::error_code error;
  const auto document = json::parse(json::string_view(line.data(), line.size()), error);
  const auto* object = document.if_object();
  if (object == nullptr || !object->contains("event_type")) return std::nullopt;
  AuditEntry entry;
  entry.timestamp = NumberIn(*object, "timestamp");
  entry.event_type = TextIn(*object, "event_type");
  entry.actor = TextIn(*object, "actor");
  entry.method = TextIn(*object, "method");
  entry.path = TextIn(*object, "path");
  entry.database = TextIn(*object, "database");
  entry.status_code = static_cast<int>(NumberIn(*object, "status_code"));
  entry.ip_address = TextIn(*object, "ip_address");
  entry.user_agent = TextIn(*object, "user_agent");
  entry.duration_ms = NumberIn(*object, "duration_ms");
  entry.detail = TextIn(*object, "detail");
  return entry;
}

}  // namespace arc::audit
