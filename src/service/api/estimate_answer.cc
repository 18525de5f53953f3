#include "service/api/estimate_answer.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "service/api/json_answer.h"
#include "service/http/error_answer.h"

namespace arc::api {
namespace {

struct Level {
  std::uint64_t above;  // rows
  std::string_view name;
  std::string_view words;
};

constexpr Level kLevels[] = {
    {1'000'000, "high", "🚨 Very large query: {} rows. Consider a LIMIT, or a shorter time range."},
    {100'000, "medium", "⚠️ Large query: {} rows. It may take a while."},
    {10'000, "low", "📊 Medium query: {} rows."},
};

}  // namespace

Result<execution::ResultSink::Flow> EstimateAnswer::Rows(const engine::ResultChunk& chunk) {
  row_count_ = chunk.columns[0].As<std::uint64_t>()[0];
  return Flow::kGoOn;
}

bool EstimateAnswer::End(const Ending&) {
  for (const auto& level : kLevels) {
    if (row_count_ <= level.above) continue;
    Send(true, level.name, fmt::format(fmt::runtime(level.words), row_count_));
    return false;
  }
  Send(true, "none", fmt::format("✅ Small query: {} rows.", row_count_));
  return false;
}

void EstimateAnswer::Fail(const Error& error, std::uint64_t) {
  if (error.code == ErrorCode::kInvalidInput) {
    return Send(false, "error", "Cannot estimate the query: " + error.message);
  }
  responder_.Send(http::AccessErrorAnswer(error));
}

void EstimateAnswer::Send(bool is_success, std::string_view level, const std::string& message) {
  responder_.Send(
      JsonAnswer({{"success", is_success},
                  {"estimated_rows", is_success ? json::value(row_count_) : json::value(nullptr)},
                  {"warning_level", level},
                  {"warning_message", message},
                  {"execution_time_ms", RoundedMilliseconds(clock_.NowSteady() - began_)}}));
}

}  // namespace arc::api
