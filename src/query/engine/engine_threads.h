// The threads on which one DuckDB computes, beside those that ask it: ours instead of its own, so
// that they have names, deep stacks, and an owner who does not wait for one that never ends.

#pragma once

#include <atomic>
#include <cstddef>
#include <list>
#include <memory>

#include "foundation/base/thread.h"
#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// Lifetime: ended before the DuckDB that it serves goes away.
// Threads:  of its owner; MakeIdle() and AreAllOver() from any.
class EngineThreads {
 public:
  EngineThreads(duckdb::DatabaseInstance& database, std::size_t count);
  EngineThreads(const EngineThreads&) = delete;
  EngineThreads& operator=(const EngineThreads&) = delete;
  ~EngineThreads();  // waits for all

  // They end when they have computed what they are at. Does not wait.
  void AskToEnd();
  bool AreAllOver() const { return running_count_ == 0; }
  // Lets all other threads of the machine go first.
  void MakeIdle();

 private:
  void Work();

  duckdb::TaskScheduler& scheduler_;
  duckdb::atomic<bool> goes_on_{true};
  std::atomic<std::size_t> running_count_{0};
  std::list<Thread> threads_;
};

}  // namespace arc::engine
