// Runs a scenario of a few threads in every order that their locks allow: real code, real threads,
// but one at a time, and the test says which. For the bugs that a thousand runs do not show.
//
//   const auto explored = ExploreInterleavings({.preemptions_max = 2}, [](Interleaving& order) {
//     Thing thing(order.clock());
//     order.Watch(&thing, sizeof thing);
//     order.Start("writer", [&] { thing.Write(); });
//     order.Start("closer", [&] { thing.Close(); });
//     order.RunUntilIdle();
//     return thing.is_right() ? "" : "it is wrong";
//   });
//   EXPECT_EQ(explored.problem, "");
//
// How it works: the threads are real, but at most one of them runs. When a thread comes to a place
// where another could go on, it calls ResumeNext, which chooses one of the threads that can run,
// and then sleeps until it is chosen itself. These places are: taking a watched mutex, waiting for
// a condition, joining, pausing and ending. Between two such places a thread runs alone, so races
// on data that threads share without a lock are not found.
//
// OrderSearch remembers the choices of a run. The next run repeats all of them but the last, where
// it takes the next thread (depth first). So a scenario must do the same each time when the choices
// are the same: no random numbers, no real clock. Time passes only when no thread can run
// otherwise; the clock then jumps to the earliest deadline.

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>
#include <utility>
#include <vector>

#include "foundation/base/thread.h"
#include "foundation/base/thread_schedule.h"
#include "foundation/time/clock.h"

namespace arc::testing {

// Chooses which of several threads goes on, so that run after run every order is seen, depth first.
class OrderSearch {
 public:
  explicit OrderSearch(unsigned preemptions_max) : preemptions_max_(preemptions_max) {}

  void Begin();
  // One of `count`. If `has_runner`, 0 is the thread that runs, and every other choice is a
  // preemption.
  std::size_t Choose(std::size_t count, bool has_runner);
  // False when every order was seen.
  bool Next();

 private:
  struct Choice {
    std::size_t count;
    std::size_t taken;
  };
  const unsigned preemptions_max_;
  std::vector<Choice> choices_;
  std::size_t depth_ = 0;
  unsigned preemptions_ = 0;
};

// One run. Threads: the test's thread makes it and asks it; it orders all threads that are started
// while it lives.
class Interleaving final : private ThreadSchedule {
 public:
  explicit Interleaving(OrderSearch& search);
  Interleaving(const Interleaving&) = delete;
  Interleaving& operator=(const Interleaving&) = delete;
  ~Interleaving() override;  // every thread must have ended

  // Stands still until a thread advances it, or until no thread can run before a deadline: then it
  // jumps to the earliest one.
  const Clock& clock() const { return clock_; }
  void Advance(std::chrono::nanoseconds by);

  // Threads may overtake each other when they take a mutex within this memory.
  void Watch(const void* begin, std::size_t byte_count);
  // Called by the test. The thread begins to run when it is chosen.
  void Start(const std::string& name, std::function<void()> body);
  // Called by a thread where real work would take time: the others may go on.
  void Pause();
  // Returns when no thread can run any more: each has ended or waits. kOne tries one order only,
  // for what comes before and after the part that matters.
  enum class Orders { kEvery, kOne };
  void RunUntilIdle(Orders orders = Orders::kEvery);
  // "" when every thread has ended, else which ones have not and what they wait for.
  std::string Unfinished();
  // In which order the threads went on so far.
  std::string order() const { return order_; }

 private:
  enum class State { kReady, kLocking, kWaiting, kJoining, kEnded };
  struct Actor {
    std::string name;
    State state = State::kReady;
    const void* mutex = nullptr;
    const void* condition = nullptr;
    std::optional<Clock::SteadyTime> deadline{};
    bool is_notified = false;
    std::size_t joined = 0;
    std::binary_semaphore go{0};
  };
  class OrderedClock final : public Clock {
   public:
    explicit OrderedClock(const Interleaving& order) : order_(order) {}
    std::int64_t NowMicros() const override;
    SteadyTime NowSteady() const override;

   private:
    const Interleaving& order_;
  };

  void BeforeLock(const void* mutex) override;
  void AfterUnlock(const void* mutex) override;
  bool Wait(const void* condition, const void* mutex,
            std::optional<Clock::SteadyTime> deadline) override;
  void Notify(const void* condition, Wake wake) override;
  std::size_t Spawn(const std::string& name) override;
  void Begin(std::size_t number) override;
  void End(std::size_t number) override;
  void BeforeJoin(std::size_t number) override;

  enum class Runner { kMayGoOn, kIsDone };
  bool IsEnabled(const Actor& actor) const;
  bool IsWatched(const void* mutex) const;
  bool PassTime();
  // Lets the chosen thread go on and waits until the caller is chosen again.
  void Yield(std::unique_lock<std::mutex>& lock, Actor& self, Runner runner);
  void ResumeNext(Runner runner, const Actor* self);

  OrderSearch& search_;
  OrderedClock clock_{*this};
  std::vector<std::pair<const char*, std::size_t>> watched_;
  mutable std::mutex mutex_;  // of the fields below
  std::deque<Actor> actors_;
  std::map<const void*, const Actor*> owners_;  // of the mutexes that are held
  Clock::SteadyTime now_{std::chrono::hours(1)};
  std::string order_;
  Orders orders_ = Orders::kEvery;
  bool is_idle_ = true;
  std::condition_variable idle_;
  std::vector<Thread> threads_;  // of Start
};

struct Explored {
  std::size_t run_count = 0;
  bool is_complete = false;  // every order was seen
  std::string problem;       // of the first run that had one, with its order
};
struct ExploreOptions {
  // How often a thread that could go on may be overtaken, in one run.
  unsigned preemptions_max = 2;
  std::size_t runs_max = 1'000'000;
};
// `scenario` returns what is wrong, or nothing.
Explored ExploreInterleavings(const ExploreOptions& options,
                              const std::function<std::string(Interleaving&)>& scenario);

}  // namespace arc::testing
