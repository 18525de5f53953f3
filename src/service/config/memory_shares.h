// How server.memory_limit is divided: who may take how much of the process's memory.

#pragma once

#include <cstdint>

#include "service/config/config.h"

namespace arc::config {

// Bytes. Together they are at most server.memory_limit: config_checks.cc refuses anything else.
struct MemoryShares {
  std::uint64_t engine = 0;   // database.memory_limit
  std::uint64_t rows = 0;     // ingest.memory_budget
  std::uint64_t readers = 0;  // query.reader_memory_budget
  std::uint64_t bodies = 0;   // server.max_inflight_body_bytes
  std::uint64_t program = 0;  // the program, threads, catalog, connections, writers of files

  std::uint64_t all_but_engine() const { return rows + readers + bodies + program; }
  std::uint64_t all() const { return all_but_engine() + engine; }
};

// Of what is set in `config`; what is not (0, while defaults are computed) has its default.
// Requires: config.server.memory_limit is set.
MemoryShares SharesOf(const Config& config);

// What queries may hold together, functions and plans included, which DuckDB does not count as its
// own: a quarter more than database.memory_limit, at least 64 MB, as far as the others leave it.
std::uint64_t QueryBytesOf(const Config& config);

// The default of database.memory_limit: 1 GB a core, up to 32 GB and to four fifths of what the
// others leave.
std::uint64_t DefaultEngineBytes(const Machine& machine, const Config& config);

}  // namespace arc::config
