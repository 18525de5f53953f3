// Where the rows of a query go.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "foundation/base/result.h"
#include "query/engine/engine.h"
#include "query/engine/interface/result_chunk.h"

namespace arc::execution {

// Where the time of a query went.
struct QueryProfile {
  std::chrono::nanoseconds planning{};
  std::chrono::nanoseconds execution{};  // in the engine, without the sink
  std::uint64_t rows_scanned = 0;        // all rows of the files and buffers that were read
};

// The calls come in this order: Begin, Rows any number of times, End, and SendRest as long as there
// is more to send. Fail may come at any point instead, also before Begin. When Begin or Rows fails,
// Fail follows with its error.
//
// Threads: one call at a time, from different threads.
class ResultSink {
 public:
  enum class Flow {
    kGoOn,
    kWait,  // enough for now: WhenReady tells when to go on
    kStop,  // nobody wants the rest
  };
  struct Ending {
    std::uint64_t row_count = 0;
    std::optional<std::uint64_t> row_cap{};  // there were more rows than this
    std::string next_cursor{};               // for the next page; empty: this was the last one
    QueryProfile profile{};
    std::optional<engine::LeftOut> left_out{};  // if the client allows it
  };

  virtual ~ResultSink() = default;

  // `next_cursor` names the next page, if there may be one; else it is empty.
  virtual Result<void> Begin(const std::vector<engine::ResultColumnInfo>& columns,
                             const std::string& next_cursor) = 0;
  // Called before the first Rows, if the client allows that files are left out.
  virtual void LeaveOut(const engine::LeftOut&) {}
  // Takes the chunk in every case, whatever it returns.
  virtual Result<Flow> Rows(const engine::ResultChunk& chunk) = 0;
  // Calls `call` once when the sink can take more: on any thread, or before this returns. `call`
  // does not block.
  virtual void WhenReady(std::function<void()> call) = 0;
  // All rows were taken; their source is destroyed already. Returns true when more is left to send
  // than fits now: WhenReady then tells when to call SendRest, which returns the same.
  virtual bool End(const Ending& ending) = 0;
  virtual bool SendRest() = 0;
  // `row_count`: how many rows were taken before the failure.
  virtual void Fail(const Error& error, std::uint64_t row_count) = 0;
};

}  // namespace arc::execution
