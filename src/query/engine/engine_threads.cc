#include "query/engine/engine_threads.h"

#include <fmt/format.h>

#include "foundation/memory/thread_marks.h"

namespace arc::engine {
namespace {

// The same as for the query threads, which recurse over the same values.
constexpr std::size_t kStackBytes = std::size_t{64} << 20;

}  // namespace

EngineThreads::EngineThreads(duckdb::DatabaseInstance& database, std::size_t count)
    : scheduler_(duckdb::TaskScheduler::GetScheduler(database)) {
  for (std::size_t i = 0; i < count; i++) {
    running_count_++;
    threads_.emplace_back(fmt::format("engine-{}", i), kStackBytes, [this] { Work(); });
  }
}

EngineThreads::~EngineThreads() {
  AskToEnd();
  for (auto& thread : threads_) thread.Join();
}

void EngineThreads::Work() {
  memory::BecomeQueryThread();
  // The failure of a task goes to its query; a failure of the loop itself ends this thread.
  struct Ending {
    std::atomic<std::size_t>& running_count;
    ~Ending() { running_count--; }
  };
  const Ending ending{running_count_};
  scheduler_.ExecuteForever(&goes_on_);
}

void EngineThreads::AskToEnd() {
  goes_on_ = false;
  scheduler_.Signal(threads_.size());
}

void EngineThreads::MakeIdle() {
  for (auto& thread : threads_) thread.MakeIdle();
}

}  // namespace arc::engine
