#include "query/execution/cursors.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "foundation/base/check.h"
#include "foundation/text/parse_number.h"

namespace arc::execution {
namespace {

// 128 random bits, so that nobody can guess a name.
std::string DrawName() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

Error NoSuchCursor() {
  return {ErrorCode::kNotFound,
          "no such cursor: it never was, belongs to another token, was read to its end, failed, or "
          "nobody asked it for a page within query.cursor_timeout; run the query again"};
}

}  // namespace

Cursors::Cursors(std::size_t count_max, std::chrono::milliseconds idle_timeout,
                 DeadlineWatch& deadlines, RunLater run_later, LetGo let_go, Metrics& metrics)
    : count_max_(count_max),
      idle_timeout_(idle_timeout),
      deadlines_(deadlines),
      run_later_(std::move(run_later)),
      let_go_(std::move(let_go)),
      expired_(metrics.AddCounter("arc_query_cursors_expired_total",
                                  "Cursors closed after query.cursor_timeout.")) {
  metrics.AddGauge("arc_query_cursors_open", "Cursors that can be read on.", [this] {
    MutexLock lock(mutex_);
    return static_cast<double>(slots_.size());
  });
}

std::string Cursors::Token(std::string_view name, std::uint64_t position) {
  return fmt::format("{}.{}", name, position);
}

std::string Cursors::NameIn(std::string_view token) {
  return std::string(token.substr(0, token.find('.')));
}

Result<std::string> Cursors::Open(std::int64_t owner) {
  std::optional<Slot> empty;  // destroyed after the lock
  MutexLock lock(mutex_);
  if (is_closed_) return Error{ErrorCode::kCancelled, "The server is shutting down"};
  if (slots_.size() >= count_max_) {
    empty = TakeEmptyLocked();
    if (!empty) {
      return Error{ErrorCode::kOverloaded,
                   fmt::format("{} cursors are open (query.max_cursors): read one to its end, "
                               "close one, or wait until one expires",
                               count_max_)};
    }
  }
  auto name = DrawName();
  slots_[name].owner = owner;
  return name;
}

std::optional<Cursors::Slot> Cursors::TakeEmptyLocked() {
  const auto found = std::find_if(slots_.begin(), slots_.end(), [](const auto& entry) {
    const auto& slot = entry.second;
    return slot.failure || (slot.cursor && slot.cursor->run == nullptr);
  });
  if (found == slots_.end()) return std::nullopt;
  auto slot = std::move(found->second);
  slots_.erase(found);
  return slot;
}

Result<Cursors::Slots::iterator> Cursors::FindLocked(std::string_view token, std::int64_t owner) {
  const auto point = token.find('.');
  const auto position = point == std::string_view::npos
                            ? std::nullopt
                            : ParseNumber<std::uint64_t>(token.substr(point + 1));
  if (!position) return NoSuchCursor();
  const auto found = slots_.find(token.substr(0, point));
  if (found == slots_.end() || found->second.owner != owner) return NoSuchCursor();
  const auto& slot = found->second;
  if (slot.failure) return *slot.failure;
  if (!slot.cursor) {
    return Error{ErrorCode::kAlreadyExists, "another request reads a page of this cursor"};
  }
  if (slot.cursor->position != *position) {
    return Error{ErrorCode::kAlreadyExists,
                 fmt::format("this page was read already: the cursor stands after {} rows; if the "
                             "page was lost, run the query again",
                             slot.cursor->position)};
  }
  return found;
}

Result<Cursor> Cursors::Take(std::string_view token, std::int64_t owner) {
  std::unique_ptr<DeadlineWatch::Guard> guard;  // destroyed after the lock
  MutexLock lock(mutex_);
  auto& slot = TRY(FindLocked(token, owner))->second;
  guard = std::move(slot.guard);
  auto cursor = *std::exchange(slot.cursor, std::nullopt);
  if (cursor.run) cursor.run->OnCancel(nullptr);
  return cursor;
}

void Cursors::Put(const std::string& name, Cursor cursor) {
  const auto position = cursor.position;
  auto guard = std::make_unique<DeadlineWatch::Guard>(
      deadlines_, std::chrono::steady_clock::now() + idle_timeout_,
      [this, name, position] { run_later_([this, name, position] { Expire(name, position); }); });
  {
    MutexLock lock(mutex_);
    const auto found = slots_.find(name);
    if (found != slots_.end()) {
      auto& slot = found->second;
      CHECK(!slot.cursor, "BUG: a cursor is put back twice");
      if (cursor.run) {
        cursor.run->OnCancel([this, name] { run_later_([this, name] { Cancel(name); }); });
      }
      slot.cursor = std::move(cursor);
      slot.guard = std::move(guard);
      return;
    }
  }
  Discard(std::move(cursor));  // the cursor was closed in the meantime
}

void Cursors::Remove(const std::string& name) {
  Slot slot;  // its guard is destroyed after the lock
  {
    MutexLock lock(mutex_);
    const auto found = slots_.find(name);
    if (found == slots_.end()) return;
    slot = std::move(found->second);
    slots_.erase(found);
  }
  Discard(std::move(slot.cursor));
}

Result<void> Cursors::Drop(std::string_view token, std::int64_t owner) {
  Slot slot;
  {
    MutexLock lock(mutex_);
    const auto found = TRY(FindLocked(token, owner));
    slot = std::move(found->second);
    slots_.erase(found);
  }
  Discard(std::move(slot.cursor));
  return {};
}

void Cursors::Expire(const std::string& name, std::uint64_t position) {
  Slot slot;
  {
    MutexLock lock(mutex_);
    const auto found = slots_.find(name);
    if (found == slots_.end()) return;
    const auto& cursor = found->second.cursor;
    if (!cursor || cursor->position != position) return;  // a page was read meanwhile
    expired_.Add();
    slot = std::move(found->second);
    slots_.erase(found);
  }
  Discard(std::move(slot.cursor));
}

void Cursors::Cancel(const std::string& name) {
  std::optional<Cursor> cursor;
  {
    MutexLock lock(mutex_);
    const auto found = slots_.find(name);
    if (found == slots_.end() || !found->second.cursor) return;
    cursor = std::exchange(found->second.cursor, std::nullopt);
    found->second.failure = cursor->run->out_of_memory().value_or(
        Error{ErrorCode::kCancelled, "The cursor was cancelled"});
  }
  Discard(std::move(cursor));
}

void Cursors::Discard(std::optional<Cursor> cursor) {
  if (!cursor || !cursor->run) return;
  cursor->run->OnCancel(nullptr);
  let_go_(std::move(cursor->run));
}

void Cursors::Close() {
  Slots slots;
  {
    MutexLock lock(mutex_);
    is_closed_ = true;
    slots.swap(slots_);
  }
  for (auto& [name, slot] : slots) Discard(std::move(slot.cursor));
}

}  // namespace arc::execution
