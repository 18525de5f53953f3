// Keeps queries that are read page by page, between two pages.
//
// A cursor has a name, which no client can guess, and belongs to one token. It has a slot from Open
// until it is closed. The slot is in one of these states:
//   being read   a page is computed (after Open and Take); the job holds the run, the slot nothing.
//   at rest      after Put: the slot holds the run, which pins its snapshot, and its position.
//   at its end   after Put without a run: only the name and the position are kept, so that a second
//                request for the last page gets a clear answer.
//   cancelled    its memory was needed; the slot keeps the reason for the next request.
// A page token is the cursor's name and the position where the page begins. A page can be read only
// once: Take fails when the position is not the slot's.
//
// Cursors at rest expire after `idle_timeout`. Runs are never destroyed under the lock nor by the
// caller, because that may take long: LetGo hands them to a query thread. Nothing survives a
// restart of the server.

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

// A query whose rows are computed when a page asks for them, from the snapshot that it pinned when
// it began. Between two pages it still counts as a running query.
struct Cursor {
  std::shared_ptr<OpenRun> run;  // null: there are no more rows
  std::vector<engine::ResultColumnInfo> columns;
  std::string sql;
  auth::Principal principal;    // as it was when the query began
  std::uint64_t page_size = 0;  // rows
  std::uint64_t position = 0;   // rows sent so far
};

// Lifetime: outlives the pages that are being read.
// Threads:  any.
// Limits:   `count_max` cursors; a cursor of which nobody reads a page for `idle_timeout` is
//           closed.
class Cursors {
 public:
  // Runs a task soon, on a thread that may block; does not block itself.
  using RunLater = std::function<void(std::function<void()>)>;
  // Destroys a run, which may take its time, on another thread; does not block.
  using LetGo = std::function<void(std::shared_ptr<OpenRun>)>;

  Cursors(std::size_t count_max, std::chrono::milliseconds idle_timeout, DeadlineWatch& deadlines,
          RunLater run_later, LetGo let_go, Metrics& metrics);
  Cursors(const Cursors&) = delete;
  Cursors& operator=(const Cursors&) = delete;
  ~Cursors() { Close(); }

  // Makes a slot for a cursor of `owner`, whose first page is then read, and returns its name. When
  // all slots are taken, one at its end or cancelled makes room; fails with kOverloaded when there
  // is no such slot.
  Result<std::string> Open(std::int64_t owner);
  // Takes the cursor for the page that `token` names. Fails with kNotFound when `owner` has no such
  // cursor, and with kAlreadyExists when the page was read before or another one is being read,
  // which lasts until Put or Remove.
  Result<Cursor> Take(std::string_view token, std::int64_t owner);
  // Gives the cursor back after a page.
  void Put(const std::string& name, Cursor cursor);
  // Removes the cursor after a page.
  void Remove(const std::string& name);
  // Closes the cursor that `token` names. Fails as Take.
  Result<void> Drop(std::string_view token, std::int64_t owner);
  // Closes all cursors; no new ones can be opened.
  void Close();

  // The token for the page of cursor `name` that begins after `position` rows.
  static std::string Token(std::string_view name, std::uint64_t position);
  // The name in a token.
  static std::string NameIn(std::string_view token);

 private:
  struct Slot {
    std::int64_t owner = 0;        // the id of a token
    std::optional<Cursor> cursor;  // empty while a page is read
    std::optional<Error> failure;  // set: cancelled, for this reason
    std::unique_ptr<DeadlineWatch::Guard> guard;
  };
  using Slots = std::map<std::string, Slot, std::less<>>;

  Result<Slots::iterator> FindLocked(std::string_view token, std::int64_t owner) REQUIRES(mutex_);
  // Takes out a slot at its end or cancelled; nothing when there is none.
  std::optional<Slot> TakeEmptyLocked() REQUIRES(mutex_);
  void Expire(const std::string& name, std::uint64_t position);
  // Destroys the run of the cursor; the request for the next page gets the reason.
  void Cancel(const std::string& name);
  // Destroys a cursor that was taken out of its slot. Call it without the lock.
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
