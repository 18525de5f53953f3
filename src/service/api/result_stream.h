// A query's rows as the body of its answer: small results whole, large ones as they are computed.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "foundation/time/clock.h"
#include "query/execution/query_log.h"
#include "query/execution/result_sink.h"
#include "query/format/compressor.h"
#include "query/format/result_format.h"
#include "query/format/spool.h"
#include "service/http/body_pipe.h"
#include "service/http/responder.h"

namespace arc::api {

// How a client wants its answer.
struct ResultOptions {
  format::FormatOptions format;
  std::optional<format::Coding> coding;
  bool has_profile = false;
};

// A result of up to 64 KiB that is complete at once is an answer with a length; errors before that
// size have their own status. A larger or slower one is sent in chunks; an error then shows as the
// format can show it, and in the trailer Arc-Stream-Truncated, or else the body never ends.
//
// The header Arc-Next-Cursor names the page after this one. In a head that is sent before the page
// is complete it is there also when that page will turn out empty.
//
// The headers X-Arc-Missing-Files and X-Arc-Missing-Rows say what was left out, 0 as well, when the
// client allows that.
//
// Limits: 1 MiB waits for a slow reader, and one chunk of rows.
class ResultStream : public execution::ResultSink {
 public:
  // `spool` and `clock` must outlive it.
  ResultStream(http::Responder responder, execution::QueryId id, const ResultOptions& options,
               format::Spool& spool, const Clock& clock);

  Result<void> Begin(const std::vector<engine::ResultColumnInfo>& columns,
                     const std::string& next_cursor) override;
  void LeaveOut(const engine::LeftOut& left_out) override { left_out_ = left_out; }
  Result<Flow> Rows(const engine::ResultChunk& chunk) override;
  void WhenReady(std::function<void()> call) override;
  bool End(const Ending& ending) override;
  bool SendRest() override;
  void Fail(const Error& error, std::uint64_t row_count) override;

 private:
  format::Outcome OutcomeOf(std::uint64_t row_count) const;
  http::Response Head() const;
  Flow Send();
  // While nothing is sent.
  void SendFailure(const Error& error);
  // Formats and sends the end; as End.
  bool SendEnd(const format::Outcome& outcome);
  // Sends what is formatted as the last of the answer.
  void SendLast();
  // What is sent can be no complete answer any more.
  void BreakOff(const Error& error);
  // `text_` as it goes over the wire.
  std::string TakeBytes(format::Compressor::Flush flush);

  http::Responder responder_;
  const execution::QueryId id_;
  const ResultOptions options_;
  const Clock& clock_;
  const Clock::SteadyTime began_;
  const std::unique_ptr<format::ResultFormat> format_;
  std::unique_ptr<format::Compressor> compressor_;
  std::string text_;                      // formatted, not yet sent
  std::shared_ptr<http::BodyPipe> pipe_;  // null while nothing is sent
  Clock::SteadyTime last_sent_;
  std::string next_cursor_;  // as the head names it
  std::optional<engine::LeftOut> left_out_;
  format::Outcome outcome_;  // once it has ended
};

// {"success":false,"columns":[],...,"error":".."} with the error's status; as JSON, but as
// MessagePack to those who asked for that.
http::Response QueryFailure(const Error& error, format::FormatName format, double execution_ms,
                            const Clock& clock);

}  // namespace arc::api
