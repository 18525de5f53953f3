// SQL over the files of the catalog and the rows in memory, on an embedded DuckDB.
//
// Databases are schemas and measurements are tables, made on demand from one pinned snapshot for
// each query. The engine reads; it never writes.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/buffer/live_tables.h"
#include "data/catalog/catalog.h"
#include "data/integrity/damaged_files.h"
#include "foundation/base/metrics.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "query/engine/interface/query_request.h"
#include "query/engine/interface/query_stop.h"
#include "query/engine/interface/result_chunk.h"

namespace arc::engine {

struct EngineOptions {
  std::string storage_root;    // absolute; files are at storage_root + "/" + FileEntry::path
  std::string temp_directory;  // for spilling; the caller creates it, nobody else writes there
  std::uint64_t memory_limit_bytes = 0;
  std::size_t thread_count = 0;  // threads that run queries, the callers of Next() among them
  std::uint64_t value_bytes_max = std::uint64_t{64} << 20;  // of one value that a query makes
  // Where the files are, and who is told of damaged ones (null: nobody). Outlive the engine.
  fs::FileSystem* disk = &fs::FileSystem::Local();
  integrity::DamagedFiles* damaged_files = nullptr;
};

// One running query. It pins its snapshot, with the files and the buffers in it, from Start() until
// the last chunk, the first error or its destruction.
//
// Lifetime: must not outlive the engine.
// Threads:  Interrupt() and batches() from any thread; everything else from one thread at a time.
class QueryRun {
 public:
  ~QueryRun();
  QueryRun(const QueryRun&) = delete;
  QueryRun& operator=(const QueryRun&) = delete;

  const std::vector<ResultColumnInfo>& columns() const;

  // Computes until the next rows are there, and gives out `rows_max` (not 0) of them at most; null
  // after the last. Memory holds a few chunks, so a
  // slow reader holds the query back. Fails with
  //   kCancelled, kDeadlinePassed   Interrupt() was called
  //   kInvalidInput                 the query fails on its data: a cast, an overflow
  //   kTooLarge                     it needs more memory than the limit, even when spilling
  //   kStorageFailed, kCorruptData  a file cannot be read
  // and then fails so for ever.
  Result<const ResultChunk*> Next(std::uint64_t rows_max = UINT64_MAX);
  // Whether Next() has more. Computes until that is known; fails as Next().
  Result<bool> HasMore();

  PlanFacts plan_facts() const;

  LeftOut left_out() const;

  // The batches of rows in memory that the query keeps alive. O(batches).
  buffer::BatchSet batches() const;

  // Makes a Next() that runs, and all later ones, fail. The first reason counts.
  void Interrupt(InterruptReason reason);

 private:
  friend class Engine;
  struct State;
  explicit QueryRun(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Lifetime: opened by Server after the catalog and the live tables, which outlive it; closed after
//           the last QueryRun is gone.
// Threads:  any thread may call anything. Threads of DuckDB's, thread_count - 1, run queries.
// Limits:   memory_limit_bytes for all queries together; over it they spill to temp_directory.
class Engine {
 public:
  // Fails with kInternal when DuckDB refuses the options.
  static Result<std::unique_ptr<Engine>> Open(EngineOptions options,
                                              const catalog::Catalog& catalog,
                                              const buffer::LiveTables& live_tables,
                                              Metrics& metrics);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Parses, guards, binds and plans; nothing is read from files yet. Fails with kInvalidInput when
  // the statement is not one that is allowed, or wrong, and with kForbidden when it names a
  // measurement that `may_read` refuses.
  Result<std::unique_ptr<QueryRun>> Start(const QueryRequest& request);

  // Does all that Start does, and says what it found; the query is not run. Fails as Start.
  Result<PlanFacts> Explain(const QueryRequest& request);

  // The query that `stop` belongs to does not stop: queries from now on run on another DuckDB, and
  // do not wait for threads and memory that it keeps. Those that run on the same one go on there.
  void GiveUp(const QueryStop& stop);

  // DuckDB's version, for example "v1.5.6".
  static std::string Version();

 private:
  struct State;
  explicit Engine(std::unique_ptr<State> state);

  enum class Purpose { kRun, kExplain };
  Result<std::unique_ptr<QueryRun::State>> Plan(const QueryRequest& request, Purpose purpose);

  std::unique_ptr<State> state_;
};

}  // namespace arc::engine
