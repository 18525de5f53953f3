#include "query/execution/query_threads.h"

#include <fmt/format.h>

#include <algorithm>

#include "foundation/base/check.h"
#include "foundation/base/log.h"

namespace arc::execution {
namespace {

// DuckDB recurses over statements and values. The guard limits how deep; this stack is the second
// line of defence.
constexpr std::size_t kStackBytes = std::size_t{64} << 20;
constexpr std::size_t kWatchStackBytes = std::size_t{1} << 20;

// The Worker of the calling thread; null on threads of other kinds.
thread_local void* this_worker = nullptr;

}  // namespace

QueryThreads::QueryThreads(Options options) : options_(options) {
  {
    MutexLock lock(mutex_);
    for (std::size_t i = 0; i < options_.thread_count; i++) AddWorkerLocked();
  }
  watch_ = Thread("query-watch", kWatchStackBytes, [this] { Watch(); });
}

QueryThreads::~QueryThreads() {
  CHECK(!watch_.joinable(), "the query threads are destroyed before Close");
}

// When the system has no more threads, the pool goes on with those that it has.
void QueryThreads::AddWorkerLocked() {
  auto& worker = workers_.emplace_back();
  try {
    worker.thread = Thread(fmt::format("query-{}", next_worker_++), kStackBytes,
                           [this, &worker] { Work(worker); });
    working_count_++;
  } catch (const std::exception& exception) {
    workers_.pop_back();
    LogError("query: {}", exception.what());
  }
}

Result<void> QueryThreads::Submit(Task task) {
  MutexLock lock(mutex_);
  if (is_closed_) return Error{ErrorCode::kCancelled, "the server is shutting down"};
  if (working_count_ == 0) {
    return Error{ErrorCode::kOverloaded,
                 fmt::format("{} statements that do not stop hold all threads for queries: the "
                             "server must be restarted",
                             lost_count_)};
  }
  if (queue_.size() >= options_.queue_max) {
    return Error{ErrorCode::kOverloaded, "too many requests are waiting: retry later"};
  }
  queue_.push_back(std::move(task));
  changed_.NotifyOne();
  return {};
}

void QueryThreads::GoOn(Task task) {
  MutexLock lock(mutex_);
  queue_.push_back(std::move(task));
  changed_.NotifyOne();
}

std::size_t QueryThreads::waiting_count() const {
  MutexLock lock(mutex_);
  return queue_.size();
}

std::size_t QueryThreads::lost_count() const {
  MutexLock lock(mutex_);
  return lost_count_;
}

std::vector<QueryThreads::LostQuery> QueryThreads::lost_queries() const {
  std::vector<LostQuery> lost;
  {
    MutexLock lock(mutex_);
    for (const auto& worker : workers_) {
      if (worker.is_given_up && !worker.has_ended && worker.lost.id != 0)
        lost.push_back(worker.lost);
    }
  }
  std::ranges::sort(lost, {}, &LostQuery::id);
  return lost;
}

std::uint64_t QueryThreads::given_up_total() const {
  MutexLock lock(mutex_);
  return given_up_total_;
}

void QueryThreads::Work(Worker& self) {
  this_worker = &self;
  while (auto task = TakeTask(self)) task();
}

// Returns null when the thread must end.
QueryThreads::Task QueryThreads::TakeTask(Worker& self) {
  MutexLock lock(mutex_);
  while (queue_.empty() && !is_closed_ && !self.is_given_up) changed_.Wait(lock);
  if (self.is_given_up || queue_.empty()) {
    self.has_ended = true;
    (self.is_given_up ? lost_count_ : working_count_)--;
    ended_.NotifyAll();
    return nullptr;
  }
  auto task = std::move(queue_.front());
  queue_.pop_front();
  return task;
}

bool QueryThreads::IsOnThread() { return this_worker != nullptr; }

bool QueryThreads::Visits::Enter(Clock::SteadyTime stop_at, std::weak_ptr<void> owner,
                                 std::function<void()> instead,
                                 const std::function<void()>& visit) {
  CHECK(this_worker != nullptr, "the engine is visited from a thread of another pool");
  auto& worker = *static_cast<Worker*>(this_worker);
  {
    MutexLock lock(threads_.mutex_);
    CHECK(!key_, "a query visits the engine twice at the same time");
    if (is_hurried_) stop_at = std::min(stop_at, std::chrono::steady_clock::now());
    owner_ = std::move(owner);
    instead_ = std::move(instead);
    worker_ = &worker;
    threads_.AddVisitLocked(*this, stop_at);
  }
  visit();
  MutexLock lock(threads_.mutex_);
  if (worker.is_given_up) return false;
  threads_.inside_.erase(*key_);
  key_.reset();
  instead_ = nullptr;
  return true;
}

void QueryThreads::Visits::Hurry() {
  const auto now = std::chrono::steady_clock::now();
  MutexLock lock(threads_.mutex_);
  is_hurried_ = true;
  if (!key_ || key_->first <= now + threads_.options_.patience) return;
  threads_.inside_.erase(*key_);
  threads_.AddVisitLocked(*this, now);
}

void QueryThreads::AddVisitLocked(Visits& visits, Clock::SteadyTime stop_at) {
  visits.key_ = Key{stop_at + options_.patience, next_visit_++};
  const auto place = inside_.emplace(*visits.key_, &visits).first;
  if (place == inside_.begin()) watch_changed_.NotifyOne();
}

QueryThreads::GivenUp QueryThreads::GiveUpFirstLocked() {
  auto* visits = inside_.begin()->second;
  inside_.erase(inside_.begin());
  visits->key_.reset();
  auto& worker = *static_cast<Worker*>(visits->worker_);
  worker.is_given_up = true;
  worker.lost = {visits->id_, std::chrono::steady_clock::now()};
  worker.thread.MakeIdle();
  CHECK(working_count_ > 0, "BUG: more query threads end than began");
  working_count_--;
  lost_count_++;
  given_up_total_++;
  if (lost_count_ <= options_.given_up_max) AddWorkerLocked();
  ended_.NotifyAll();
  return {visits->owner_.lock(), std::move(visits->instead_)};
}

void QueryThreads::Watch() {
  while (auto given_up = WaitForGivenUp()) given_up->instead();
}

// Returns nothing when the watch is over.
std::optional<QueryThreads::GivenUp> QueryThreads::WaitForGivenUp() {
  MutexLock lock(mutex_);
  while (!is_watch_over_) {
    ReapLocked();
    if (inside_.empty()) {
      watch_changed_.Wait(lock);
      continue;
    }
    const auto earliest = inside_.begin()->first.first;
    if (std::chrono::steady_clock::now() >= earliest) return GiveUpFirstLocked();
    watch_changed_.WaitUntil(lock, earliest);
  }
  return std::nullopt;
}

// Joins the threads that were given up and came back.
void QueryThreads::ReapLocked() {
  workers_.remove_if([](Worker& worker) {
    if (!worker.is_given_up || !worker.has_ended) return false;
    worker.thread.Join();  // does not wait: the thread has nothing left to do
    return true;
  });
}

bool QueryThreads::Close() {
  if (!watch_.joinable()) return true;
  bool is_complete;
  {
    MutexLock lock(mutex_);
    is_closed_ = true;
    changed_.NotifyAll();
    while (working_count_ > 0) ended_.Wait(lock);
    is_watch_over_ = true;
    watch_changed_.NotifyOne();
    is_complete = lost_count_ == 0;
  }
  watch_.Join();
  MutexLock lock(mutex_);
  for (auto& worker : workers_) {
    if (worker.has_ended) {
      worker.thread.Join();
    } else {
      worker.thread.Abandon();
    }
  }
  return is_complete;
}

}  // namespace arc::execution
