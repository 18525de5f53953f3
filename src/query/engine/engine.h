// SQL over the files of the catalog and the rows in memory, on an embedded DuckDB.
//
// To DuckDB a database is a schema and a measurement is a table; both are made on demand, for each
// query, from one pinned snapshot. The engine reads; it never writes.
//
// A query: Start parses the statement, the guard (guard/) allows or refuses it, DuckDB binds it
// (which pins the snapshot, scan/) and plans it, with our own rules among DuckDB's (rules/). Then
// Next computes chunk by chunk, on the caller's thread and on the engine's own threads.
//
// Start repeats all that with a newer snapshot when the pinned one became too old while the query
// was planned: a flush has put rows into files that the snapshot does not have, and removed them
// from memory.
//
// DuckDB runs as an instance that can be replaced. When it fails internally, or when a query on it
// does not stop, the engine retires the instance: queries that run on it go on there, new ones get
// a new instance, and the old one is closed when its last query and thread have ended.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/buffer/live_measurements.h"
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
  std::string temp_directory;  // for spilling; the caller creates it, nobody else writes into it
  std::uint64_t memory_limit_bytes = 0;
  std::size_t thread_count = 0;  // threads that run queries, with the callers of Next()
  std::uint64_t value_bytes_max = std::uint64_t{64} << 20;  // of one value that a query makes
  // Where the files are, and where damaged ones are reported (null: nowhere). Outlive the engine.
  fs::FileSystem* disk = &fs::FileSystem::Local();
  integrity::DamagedFiles* damaged_files = nullptr;
};

// One running query. From Start() on it pins its snapshot, with the files and buffered rows in it;
// it gives the pin up after the last chunk, at the first error, or when it is destroyed.
//
// Lifetime: must not outlive the engine.
// Threads:  Interrupt() and batches() from any thread; everything else from one thread at a time.
class QueryRun {
 public:
  ~QueryRun();
  QueryRun(const QueryRun&) = delete;
  QueryRun& operator=(const QueryRun&) = delete;

  const std::vector<ResultColumnInfo>& columns() const;

  // Computes until the next rows are there, and returns at most `rows_max` of them (not 0); null
  // after the last row. Memory holds only a few chunks, so a slow reader slows the query down.
  // Fails with
  //   kCancelled, kDeadlinePassed   Interrupt() was called
  //   kInvalidInput                 the query fails on its data: a cast, an overflow
  //   kTooLarge                     it needs more memory than the limit, even when spilling
  //   kStorageFailed, kCorruptData  a file cannot be read
  // and then every later call fails in the same way.
  Result<const ResultChunk*> Next(std::uint64_t rows_max = UINT64_MAX);
  // Whether Next() has more rows. Computes until that is known; fails as Next().
  Result<bool> HasMore();

  PlanFacts plan_facts() const;

  LeftOut left_out() const;

  // The batches of rows in memory that the query keeps alive. O(batches).
  buffer::BatchSet batches() const;

  // Makes the running Next(), and all later ones, fail. The first reason counts.
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
                                              const buffer::LiveMeasurements& live_measurements,
                                              Metrics& metrics);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Parses, guards, binds and plans; reads nothing from files yet. Fails with kInvalidInput when
  // the statement is wrong or not allowed, and with kForbidden when it names a measurement that
  // `may_read` refuses.
  Result<std::unique_ptr<QueryRun>> Start(const QueryRequest& request);

  // Does the same and returns what the plan says; the query is not run. Fails as Start.
  Result<PlanFacts> Explain(const QueryRequest& request);

  // Call it when the query that `stop` belongs to does not stop. New queries then run on another
  // DuckDB instance, so that they do not wait for threads and memory that this query holds. Queries
  // that run on its instance go on there.
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
