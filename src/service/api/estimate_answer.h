// The answer of POST /api/v1/query/estimate.

#pragma once

#include <string>
#include <vector>

#include "foundation/time/clock.h"
#include "query/execution/result_sink.h"
#include "service/http/responder.h"

namespace arc::api {

// {"success":true,"estimated_rows":N,"warning_level":"none|low|medium|high","warning_message":"..",
// "execution_time_ms":..}. What is wrong with the statement is an answer too, as the contract has
// it: 200 with "success":false and the level "error".
class EstimateAnswer : public execution::ResultSink {
 public:
  EstimateAnswer(http::Responder responder, const Clock& clock)
      : responder_(std::move(responder)), clock_(clock), began_(clock.NowSteady()) {}

  Result<void> Begin(const std::vector<engine::ResultColumnInfo>&, const std::string&) override {
    return {};
  }
  // One row with one number.
  Result<Flow> Rows(const engine::ResultChunk& chunk) override;
  // It never waits.
  void WhenReady(std::function<void()> call) override { call(); }
  bool End(const Ending& ending) override;
  bool SendRest() override { return false; }
  void Fail(const Error& error, std::uint64_t row_count) override;

 private:
  void Send(bool is_success, std::string_view level, const std::string& message);

  http::Responder responder_;
  const Clock& clock_;
  const Clock::SteadyTime began_;
  std::uint64_t row_count_ = 0;
};

}  // namespace arc::api
