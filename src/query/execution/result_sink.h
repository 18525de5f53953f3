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
  std::chrono::nanoseconds execution{};  // of the engine, without what the sink does
  std::uint64_t rows_scanned = 0;        // at most, in the files and buffers that were not left out
};

// Receives: Begin and Rows, then End, and SendRest while there is more to send; or Fail, at any
// point, also before Begin. A Begin or Rows that fails is followed by Fail with its error.
//
// Threads: one call at a time, from changing threads.
class ResultSink {
 public:
  enum class Flow {
    kGoOn,
    kWait,  // WhenReady says when to go on
    kStop,  // nobody wants the rest
  };
  struct Ending {
    std::uint64_t row_count = 0;
    std::optional<std::uint64_t> row_cap{};  // there were more rows than this
    std::string next_cursor{};               // of the page after this one; empty: there is none
    QueryProfile profile{};
    std::optional<engine::LeftOut> left_out{};  // if the client allows it
  };

  virtual ~ResultSink() = default;

  // `next_cursor` names the page after this one, if there will be one; else it is empty.
  virtual Result<void> Begin(const std::vector<engine::ResultColumnInfo>& columns,
                             const std::string& next_cursor) = 0;
  // Before the first Rows, if the client allows that files are left out.
  virtual void LeaveOut(const engine::LeftOut&) {}
  // Takes the chunk, whatever it answers.
  virtual Result<Flow> Rows(const engine::ResultChunk& chunk) = 0;
  // `call` runs once, from any thread or before this returns; it does not block.
  virtual void WhenReady(std::function<void()> call) = 0;
  // All rows were taken; what they came from is gone. True when there is more to send than fits
  // now: WhenReady says when to call SendRest.
  virtual bool End(const Ending& ending) = 0;
  virtual bool SendRest() = 0;
  // `row_count` rows were taken before.
  virtual void Fail(const Error& error, std::uint64_t row_count) = 0;
};

}  // namespace arc::execution
