// Queries that are read page by page, between two pages.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/auth/principal.h"
#include "foundation/base/metrics.h"
#include "foundation/base/mutex.h"
#include "foundation/base/result.h"
#include "query/execution/deadline_watch.h"
#include "query/execution/open_run.h"

namespace arc::execution {

// A cursor is a query that stands still: its rows are computed as pages ask for them, out of the
// snapshot that it pinned when it began. What it pins counts as a running query's.
struct Cursor {
  std::shared_ptr<OpenRun> run;  // null: there are no more rows
  std::vector<engine::ResultColumnInfo> columns;
  std::string sql;
  auth::Principal principal;    // as it was when the query began
  std::uint64_t page_size = 0;  // rows
  std::uint64_t position = 0;   // rows given out
};

// Lifetime: outlives the pages that are being read.
// Threads:  any.
// Limits:   `count_max` cursors; one that nobody has asked for a page for `idle_timeout` is closed.
class Cursors {
 public:
  // `run_later` runs a task soon, on a thread that may block, and does not block itself.
  using RunLater = std::function<void(std::function<void()>)>;
  // Destroys a run, which may take its time, on another thread; does not block.
  using LetGo = std::function<void(std::shared_ptr<OpenRun>)>;

  Cursors(std::size_t count_max, std::chrono::milliseconds idle_timeout, DeadlineWatch& deadlines,
          RunLater run_later, LetGo let_go, Metrics& metrics);
  Cursors(const Cursors&) = delete;
  Cursors& operator=(const Cursors&) = delete;
  ~Cursors() { Close(); }

  // Makes room for a cursor of `owner`, whose first page is being read; its name. Fails with
  // kOverloaded when there are too many that have rows left.
  Result<std::string> Open(std::int64_t owner);
  // For the page that `token` names. Fails with kNotFound when there is no such cursor of that
  // owner, with kAlreadyExists when the page was read before or is being read. Until Put or Remove
  // others fail so.
  Result<Cursor> Take(std::string_view token, std::int64_t owner);
  // Gives it back after a page.
  void Put(const std::string& name, Cursor cursor);
  // Forgets it after a page.
  void Remove(const std::string& name);
  // Closes the one that `token` names. Fails as Take.
  Result<void> Drop(std::string_view token, std::int64_t owner);
  // Closes all, for ever.
  void Close();

  // What names the page of cursor `name` that begins after `position` rows.
  static std::string Token(std::string_view name, std::uint64_t position);
  // The name in a token.
  static std::string NameIn(std::string_view token);

 private:
  struct Slot {
    std::int64_t owner = 0;        // the id of a token
    std::optional<Cursor> cursor;  // nothing while a page is read
    std::optional<Error> failure;  // why there will be no more pages
    std::unique_ptr<DeadlineWatch::Guard> guard;
  };
  using Slots = std::map<std::string, Slot, std::less<>>;

  Result<Slots::iterator> FindLocked(std::string_view token, std::int64_t owner) REQUIRES(mutex_);
  // Takes one without rows out, to make room; nothing when all have rows.
  std::optional<Slot> TakeEmptyLocked() REQUIRES(mutex_);
  void Expire(const std::string& name, std::uint64_t position);
  // Lets go of what the cursor pins; the next page hears why.
  void Cancel(const std::string& name);
  // Of what was taken out of the slots. Without the lock.
  void Discard(std::optional<Cursor> cursor);

  const std::size_t count_max_;
  const std::chrono::milliseconds idle_timeout_;
  DeadlineWatch& deadlines_;
  const RunLater run_later_;
  const LetGo let_go_;
  Counter& expired_;
  Mutex mutex_;
  Slots slots_ GUARDED_BY(mutex_);
  bool is_closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace arc::execution
