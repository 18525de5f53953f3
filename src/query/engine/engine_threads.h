// The threads on which one DuckDB instance computes, beside the threads that call it. We make them
// instead of DuckDB, so that they have names and large stacks, and so that nobody must wait for one
// that never ends.

#pragma once

#include <atomic>
#include <cstddef>
#include <list>
#include <memory>

#include "foundation/base/thread.h"
#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// Lifetime: destroyed before its DuckDB instance.
// Threads:  its owner's; MakeIdle() and AreAllOver() from any thread.
class EngineThreads {
 public:
  EngineThreads(duckdb::DatabaseInstance& database, std::size_t count);
  EngineThreads(const EngineThreads&) = delete;
  EngineThreads& operator=(const EngineThreads&) = delete;
  ~EngineThreads();  // waits for all

  // Each ends when it has finished its current task. Does not wait.
  void AskToEnd();
  bool AreAllOver() const { return running_count_ == 0; }
  // Gives them the lowest priority.
  void MakeIdle();

 private:
  void Work();

  duckdb::TaskScheduler& scheduler_;
  duckdb::atomic<bool> goes_on_{true};
  std::atomic<std::size_t> running_count_{0};
  std::list<Thread> threads_;
};

}  // namespace arc::engine
