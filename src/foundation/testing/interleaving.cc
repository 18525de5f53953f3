#include "foundation/testing/interleaving.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "foundation/base/check.h"

namespace arc::testing {
namespace {

thread_local std::size_t number_of_this_thread = SIZE_MAX;  // SIZE_MAX: not ordered

}  // namespace

void OrderSearch::Begin() {
  depth_ = 0;
  preemptions_ = 0;
}

std::size_t OrderSearch::Choose(std::size_t count, bool has_runner) {
  if (has_runner && preemptions_ == preemptions_max_) return 0;
  if (count < 2) return 0;
  if (depth_ == choices_.size()) choices_.push_back({count, 0});
  const auto& choice = choices_[depth_++];
  CHECK(choice.count == count, "a scenario that is not the same each time cannot be explored");
  if (has_runner && choice.taken > 0) preemptions_++;
  return choice.taken;
}

bool OrderSearch::Next() {
  while (!choices_.empty() && choices_.back().taken + 1 == choices_.back().count) {
    choices_.pop_back();
  }
  if (choices_.empty()) return false;
  choices_.back().taken++;
  return true;
}

std::int64_t Interleaving::OrderedClock::NowMicros() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(NowSteady().time_since_epoch())
      .count();
}

Clock::SteadyTime Interleaving::OrderedClock::NowSteady() const {
  const std::lock_guard lock(order_.mutex_);
  return order_.now_;
}

Interleaving::Interleaving(OrderSearch& search) : search_(search) {
  search_.Begin();
  ThreadSchedule::Activate(this);
}

Interleaving::~Interleaving() {
  if (const auto unfinished = Unfinished(); !unfinished.empty()) {
    fmt::print(stderr, "unfinished: {}\n  order: {}\n", unfinished, order_);
    CHECK(false, "a scenario has left threads behind");
  }
  for (auto& thread : threads_) thread.Join();
  ThreadSchedule::Activate(nullptr);
}

void Interleaving::Advance(std::chrono::nanoseconds by) {
  const std::lock_guard lock(mutex_);
  now_ += by;
}

void Interleaving::Watch(const void* begin, std::size_t byte_count) {
  watched_.emplace_back(static_cast<const char*>(begin), byte_count);
}

bool Interleaving::IsWatched(const void* mutex) const {
  const auto* place = static_cast<const char*>(mutex);
  return std::any_of(watched_.begin(), watched_.end(), [place](const auto& range) {
    return std::less_equal<>{}(range.first, place) &&
           std::less<>{}(place, range.first + range.second);
  });
}

void Interleaving::Start(const std::string& name, std::function<void()> body) {
  threads_.emplace_back(name, std::move(body));
}

bool Interleaving::IsEnabled(const Actor& actor) const {
  switch (actor.state) {
    case State::kReady:
      return true;
    case State::kLocking:
      return !owners_.contains(actor.mutex);
    case State::kWaiting:
      return (actor.is_notified || (actor.deadline && *actor.deadline <= now_)) &&
             !owners_.contains(actor.mutex);
    case State::kJoining:
      return actors_[actor.joined].state == State::kEnded;
    case State::kEnded:
      return false;
  }
  return false;
}

// Called when no thread can run: moves the clock to the earliest deadline. False if there is none.
bool Interleaving::PassTime() {
  std::optional<Clock::SteadyTime> earliest;
  for (const auto& actor : actors_) {
    if (actor.state != State::kWaiting || !actor.deadline) continue;
    if (!earliest || *actor.deadline < *earliest) earliest = actor.deadline;
  }
  if (!earliest || *earliest <= now_) return false;
  now_ = *earliest;
  return true;
}

void Interleaving::ResumeNext(Runner runner, const Actor* self) {
  std::vector<Actor*> enabled;
  do {
    for (auto& actor : actors_) {
      if (!IsEnabled(actor)) continue;
      enabled.push_back(&actor);
      if (&actor == self) std::rotate(enabled.begin(), enabled.end() - 1, enabled.end());
    }
  } while (enabled.empty() && PassTime());
  if (enabled.empty()) {
    is_idle_ = true;
    idle_.notify_all();
    return;
  }
  const bool has_runner = runner == Runner::kMayGoOn && enabled.front() == self;
  const auto choice_count = orders_ == Orders::kEvery ? enabled.size() : 1;
  auto& next = *enabled[search_.Choose(choice_count, has_runner)];
  order_ += next.name + " ";
  if (next.state == State::kLocking || next.state == State::kWaiting) owners_[next.mutex] = &next;
  next.state = State::kReady;
  next.go.release();
}

void Interleaving::Yield(std::unique_lock<std::mutex>& lock, Actor& self, Runner runner) {
  ResumeNext(runner, &self);
  lock.unlock();
  self.go.acquire();
  lock.lock();
}

void Interleaving::RunUntilIdle(Orders orders) {
  std::unique_lock lock(mutex_);
  orders_ = orders;
  is_idle_ = false;
  ResumeNext(Runner::kIsDone, nullptr);
  while (!is_idle_) idle_.wait(lock);
}

std::string Interleaving::Unfinished() {
  const std::lock_guard lock(mutex_);
  std::string unfinished;
  for (const auto& actor : actors_) {
    if (actor.state == State::kEnded) continue;
    const char* where = actor.state == State::kLocking   ? " takes a lock; "
                        : actor.state == State::kWaiting ? " waits for a condition; "
                        : actor.state == State::kJoining ? " joins a thread; "
                                                         : " runs; ";
    unfinished += actor.name + where;
  }
  return unfinished;
}

void Interleaving::Pause() {
  std::unique_lock lock(mutex_);
  Yield(lock, actors_[number_of_this_thread], Runner::kIsDone);
}

void Interleaving::BeforeLock(const void* mutex) {
  if (number_of_this_thread == SIZE_MAX) return;
  std::unique_lock lock(mutex_);
  auto& self = actors_[number_of_this_thread];
  if (!IsWatched(mutex) && !owners_.contains(mutex)) {
    owners_[mutex] = &self;
    return;
  }
  self.state = State::kLocking;
  self.mutex = mutex;
  Yield(lock, self, Runner::kMayGoOn);
}

void Interleaving::AfterUnlock(const void* mutex) {
  if (number_of_this_thread == SIZE_MAX) return;
  const std::lock_guard lock(mutex_);
  owners_.erase(mutex);
}

bool Interleaving::Wait(const void* condition, const void* mutex,
                        std::optional<Clock::SteadyTime> deadline) {
  CHECK(number_of_this_thread != SIZE_MAX, "a thread that is not ordered must not wait");
  std::unique_lock lock(mutex_);
  auto& self = actors_[number_of_this_thread];
  owners_.erase(mutex);
  self.state = State::kWaiting;
  self.mutex = mutex;
  self.condition = condition;
  self.deadline = deadline;
  self.is_notified = false;
  Yield(lock, self, Runner::kIsDone);
  return self.is_notified;
}

void Interleaving::Notify(const void* condition, Wake wake) {
  const std::lock_guard lock(mutex_);
  for (auto& actor : actors_) {
    if (actor.state != State::kWaiting || actor.condition != condition || actor.is_notified) {
      continue;
    }
    actor.is_notified = true;
    if (wake == Wake::kOne) return;
  }
}

std::size_t Interleaving::Spawn(const std::string& name) {
  const std::lock_guard lock(mutex_);
  actors_.emplace_back().name = name;
  return actors_.size() - 1;
}

void Interleaving::Begin(std::size_t number) {
  number_of_this_thread = number;
  Actor* self = nullptr;
  {
    const std::lock_guard lock(mutex_);
    self = &actors_[number];
  }
  self->go.acquire();
}

void Interleaving::End(std::size_t number) {
  const std::lock_guard lock(mutex_);
  actors_[number].state = State::kEnded;
  ResumeNext(Runner::kIsDone, nullptr);
}

void Interleaving::BeforeJoin(std::size_t number) {
  if (number_of_this_thread == SIZE_MAX) return;
  std::unique_lock lock(mutex_);
  auto& self = actors_[number_of_this_thread];
  self.state = State::kJoining;
  self.joined = number;
  Yield(lock, self, Runner::kMayGoOn);
}

Explored ExploreInterleavings(const ExploreOptions& options,
                              const std::function<std::string(Interleaving&)>& scenario) {
  OrderSearch search(options.preemptions_max);
  Explored explored;
  while (explored.run_count < options.runs_max) {
    Interleaving order(search);
    explored.run_count++;
    explored.problem = scenario(order);
    if (explored.problem.empty()) explored.problem = order.Unfinished();
    if (!explored.problem.empty()) {
      explored.problem += "\n  order: " + order.order();
      return explored;
    }
    explored.is_complete = !search.Next();
    if (explored.is_complete) return explored;
  }
  return explored;
}

}  // namespace arc::testing
