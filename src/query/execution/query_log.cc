#include "query/execution/query_log.h"

#include <chrono>
#include <utility>

#include "foundation/base/check.h"

namespace arc::execution {
namespace {

constexpr std::size_t kSqlBytesKept = 200;

std::string Shortened(std::string_view sql) {
  if (sql.size() <= kSqlBytesKept) return std::string(sql);
  auto end = kSqlBytesKept;
  while (end > 0 && (static_cast<unsigned char>(sql[end]) & 0xC0) == 0x80) end--;
  return std::string(sql.substr(0, end)) + "...";
}

}  // namespace

std::string_view NameOf(QueryStatus status) {
  switch (status) {
    case QueryStatus::kWaiting:
      return "waiting";
    case QueryStatus::kRunning:
      return "running";
    case QueryStatus::kCompleted:
      return "completed";
    case QueryStatus::kFailed:
      return "failed";
    case QueryStatus::kCancelled:
      return "cancelled";
    case QueryStatus::kTimedOut:
      return "timed_out";
  }
  return "";
}

QueryId QueryLog::NextId() {
  MutexLock lock(mutex_);
  return ++last_id_;
}

void QueryLog::Begin(QueryRecord record) {
  record.sql = Shortened(record.sql);
  record.started_at = clock_.NowMicros();
  record.status = QueryStatus::kWaiting;
  MutexLock lock(mutex_);
  active_.emplace(record.id, Open{std::move(record), clock_.NowSteady()});
}

void QueryLog::SetRunning(QueryId id) {
  MutexLock lock(mutex_);
  active_.at(id).record.status = QueryStatus::kRunning;
}

void QueryLog::SetSql(QueryId id, std::string_view sql) {
  MutexLock lock(mutex_);
  active_.at(id).record.sql = Shortened(sql);
}

QueryRecord QueryLog::End(QueryId id, QueryStatus status, std::uint64_t row_count,
                          std::string error) {
  MutexLock lock(mutex_);
  const auto open = active_.find(id);
  CHECK(open != active_.end(), "BUG: a query ended twice");
  auto record = WithDuration(open->second);
  active_.erase(open);
  record.status = status;
  record.row_count = row_count;
  record.error = std::move(error);
  if (history_max_ == 0) return record;
  if (history_.size() == history_max_) history_.pop_front();
  history_.push_back(record);
  return record;
}

std::vector<QueryRecord> QueryLog::Active() const {
  MutexLock lock(mutex_);
  std::vector<QueryRecord> records;
  for (const auto& [id, open] : active_) records.push_back(WithDuration(open));
  return records;
}

std::vector<QueryRecord> QueryLog::History(std::size_t count_max) const {
  MutexLock lock(mutex_);
  std::vector<QueryRecord> records;
  for (auto record = history_.rbegin(); record != history_.rend(); ++record) {
    if (records.size() == count_max) break;
    records.push_back(*record);
  }
  return records;
}

std::optional<QueryRecord> QueryLog::Find(QueryId id) const {
  MutexLock lock(mutex_);
  if (const auto open = active_.find(id); open != active_.end()) return WithDuration(open->second);
  for (const auto& record : history_) {
    if (record.id == id) return record;
  }
  return std::nullopt;
}

QueryRecord QueryLog::WithDuration(const Open& open) const {
  auto record = open.record;
  const std::chrono::duration<double, std::milli> duration = clock_.NowSteady() - open.began;
  record.duration_ms = duration.count();
  return record;
}

}  // namespace arc::execution
