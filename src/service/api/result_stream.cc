#include "service/api/result_stream.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "foundation/time/time_text.h"
#include "query/format/msgpack_format.h"
#include "service/api/json_answer.h"
#include "service/http/error_answer.h"

namespace arc::api {
namespace {

// What is sent at once. Less would cost a system call and a wake-up more often.
constexpr std::size_t kPieceBytes = 64 << 10;
// Rows that are there are not held back longer than this for a piece to be full.
constexpr std::chrono::milliseconds kPieceAge{100};
constexpr std::size_t kUnsentBytesMax = 1 << 20;
// Smaller answers gain nothing from compression.
constexpr std::size_t kCompressedBytesMin = 1 << 10;

double Milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

double MillisecondsSince(Clock::SteadyTime began, const Clock& clock) {
  return Milliseconds(clock.NowSteady() - began);
}

}  // namespace

http::Response QueryFailure(const Error& error, format::FormatName format, double execution_ms,
                            const Clock& clock) {
  auto response = http::ErrorAnswer(error, {{"success", false},
                                            {"columns", json::array()},
                                            {"data", json::array()},
                                            {"row_count", 0},
                                            {"execution_time_ms", Rounded(execution_ms, 3)},
                                            {"timestamp", Rfc3339(clock.NowMicros())},
                                            {"error", error.message}});
  // DuckDB's errors repeat the statement and its values, which belong into no log: what comes
  // before the first colon is their kind.
  if (error.code == ErrorCode::kInvalidInput) {
    response.log_error = error.message.substr(0, error.message.find(':'));
  }
  if (format == format::FormatName::kMsgpack) {
    response.content_type = "application/msgpack";
    response.body = format::MsgpackFailure(
        {0, execution_ms, Rfc3339(clock.NowMicros()), std::nullopt, error.message});
  }
  return response;
}

ResultStream::ResultStream(http::Responder responder, execution::QueryId id,
                           const ResultOptions& options, format::Spool& spool, const Clock& clock)
    : responder_(std::move(responder)),
      id_(id),
      options_(options),
      clock_(clock),
      began_(clock.NowSteady()),
      format_(format::MakeFormat(options.format, spool)),
      last_sent_(began_) {}

Result<void> ResultStream::Begin(const std::vector<engine::ResultColumnInfo>& columns,
                                 const std::string& next_cursor) {
  next_cursor_ = next_cursor;
  return format_->Begin(text_, columns);
}

Result<execution::ResultSink::Flow> ResultStream::Rows(const engine::ResultChunk& chunk) {
  const auto size_before = text_.size();
  TRY(format_->Rows(text_, chunk));
  // While a format keeps all rows for its end, an error can still have a status of its own.
  if (!pipe_ && text_.size() == size_before) return Flow::kGoOn;
  if (text_.size() < kPieceBytes && clock_.NowSteady() - last_sent_ < kPieceAge) {
    return Flow::kGoOn;
  }
  return Send();
}

execution::ResultSink::Flow ResultStream::Send() {
  last_sent_ = clock_.NowSteady();
  if (!pipe_) {
    pipe_ = std::make_shared<http::BodyPipe>(kUnsentBytesMax);
    if (options_.coding) compressor_ = format::MakeCompressor(*options_.coding);
    auto response = Head();
    response.stream = pipe_;
    responder_.Send(std::move(response));
  }
  switch (pipe_->Write(TakeBytes(format::Compressor::Flush::kPiece))) {
    case http::BodyPipe::Flow::kGoOn:
      return Flow::kGoOn;
    case http::BodyPipe::Flow::kWait:
      return Flow::kWait;
    case http::BodyPipe::Flow::kStop:
      break;
  }
  return Flow::kStop;
}

void ResultStream::WhenReady(std::function<void()> call) { pipe_->WhenRoom(std::move(call)); }

bool ResultStream::End(const Ending& ending) {
  auto outcome = OutcomeOf(ending.row_count);
  outcome.row_cap = ending.row_cap;
  if (ending.left_out) left_out_ = ending.left_out;
  if (left_out_) outcome.missing = {left_out_->file_count, left_out_->row_count};
  outcome.next_cursor = next_cursor_ = ending.next_cursor;
  if (options_.has_profile) {
    outcome.profile = {outcome.execution_ms, Milliseconds(ending.profile.planning),
                       Milliseconds(ending.profile.execution), ending.profile.rows_scanned};
  }
  return SendEnd(outcome);
}

void ResultStream::Fail(const Error& error, std::uint64_t row_count) {
  if (!pipe_) return SendFailure(error);
  if (!format_->CanShowFailure()) return pipe_->Abort();
  auto outcome = OutcomeOf(row_count);
  outcome.failure = error.message;
  SendEnd(outcome);
}

void ResultStream::SendFailure(const Error& error) {
  auto response =
      QueryFailure(error, options_.format.name, MillisecondsSince(began_, clock_), clock_);
  response.headers.push_back({"X-Arc-Query-ID", std::to_string(id_)});
  responder_.Send(std::move(response));
}

bool ResultStream::SendEnd(const format::Outcome& outcome) {
  outcome_ = outcome;
  const auto ended = format_->End(text_, outcome);
  if (ended.ok()) return SendRest();
  BreakOff(ended.error());
  return false;
}

bool ResultStream::SendRest() {
  for (;;) {
    const auto rest = format_->Rest(text_);
    if (!rest.ok()) BreakOff(rest.error());
    if (!rest.ok()) return false;
    if (!rest.value()) break;
    if (text_.size() < kPieceBytes) continue;
    const auto flow = Send();
    if (flow != Flow::kGoOn) return flow == Flow::kWait;
  }
  SendLast();
  return false;
}

void ResultStream::BreakOff(const Error& error) { pipe_ ? pipe_->Abort() : SendFailure(error); }

void ResultStream::SendLast() {
  if (!pipe_) {
    auto response = Head();
    if (options_.coding && text_.size() >= kCompressedBytesMin) {
      compressor_ = format::MakeCompressor(*options_.coding);
    } else {
      std::erase_if(response.headers,
                    [](const auto& header) { return header.name == "Content-Encoding"; });
    }
    response.body = TakeBytes(format::Compressor::Flush::kEnd);
    if (outcome_.row_cap) {
      response.headers.push_back({"Arc-Rows-Capped", std::to_string(*outcome_.row_cap)});
    }
    return responder_.Send(std::move(response));
  }
  pipe_->Write(TakeBytes(format::Compressor::Flush::kEnd));
  std::vector<std::pair<std::string, std::string>> trailers;
  trailers.emplace_back("Arc-Execution-Time-Ms", fmt::format("{:.3f}", outcome_.execution_ms));
  if (outcome_.failure) trailers.emplace_back("Arc-Stream-Truncated", *outcome_.failure);
  if (!outcome_.next_cursor.empty()) {
    trailers.emplace_back("Arc-Next-Cursor", outcome_.next_cursor);
  }
  if (outcome_.row_cap) {
    trailers.emplace_back("Arc-Rows-Capped", std::to_string(*outcome_.row_cap));
  }
  pipe_->Finish(std::move(trailers));
}

format::Outcome ResultStream::OutcomeOf(std::uint64_t row_count) const {
  format::Outcome outcome;
  outcome.row_count = row_count;
  outcome.execution_ms = MillisecondsSince(began_, clock_);
  outcome.timestamp = Rfc3339(clock_.NowMicros());
  return outcome;
}

http::Response ResultStream::Head() const {
  http::Response response;
  response.content_type = format_->content_type();
  response.headers.push_back({"X-Arc-Query-ID", std::to_string(id_)});
  response.headers.push_back({"Vary", "Accept-Encoding"});
  if (left_out_) {
    response.headers.push_back({"X-Arc-Missing-Files", std::to_string(left_out_->file_count)});
    response.headers.push_back({"X-Arc-Missing-Rows", std::to_string(left_out_->row_count)});
  }
  if (!next_cursor_.empty()) response.headers.push_back({"Arc-Next-Cursor", next_cursor_});
  if (options_.coding) {
    response.headers.push_back({"Content-Encoding", std::string(format::NameOf(*options_.coding))});
  }
  return response;
}

std::string ResultStream::TakeBytes(format::Compressor::Flush flush) {
  if (!compressor_) return std::exchange(text_, {});
  std::string packed;
  compressor_->Add(text_, flush, packed);
  text_.clear();
  return packed;
}

}  // namespace arc::api
