#include "service/http/request_log.h"

#include "foundation/base/log.h"
#include "service/http/error_answer.h"

namespace arc::http {
namespace {

constexpr std::size_t kPathBytesMax = 200;
constexpr std::size_t kErrorTextBytesMax = 200;

}  // namespace

std::string_view ErrorTextOf(std::string_view body) {
  return RawErrorOf(body).substr(0, kErrorTextBytesMax);
}

std::string_view ErrorTextOf(const Response& response) {
  return response.log_error.empty() ? ErrorTextOf(response.body)
                                    : std::string_view(response.log_error);
}

void LogIfFailed(const RequestSummary& summary, const Response& response) {
  if (!IsFailure(response.status) || response.is_logged) return;
  if (response.status == kTooManyRequests) return;  // a flood is counted, not logged
  // Back-pressure and a full disk are answers, not failures of ours; what is behind them says so.
  const bool is_refusal =
      response.status == kServiceUnavailable || response.status == kInsufficientStorage;
  const auto level =
      IsServerFailure(response.status) && !is_refusal ? spdlog::level::err : spdlog::level::warn;
  spdlog::log(level, "http: request failed: status {} in {:.1f} ms, client {}: {} {}: {}{}{}{}",
              response.status, static_cast<double>(summary.duration.count()) / 1000,
              summary.client_address, summary.method.empty() ? "(unreadable)" : summary.method,
              summary.raw_path.substr(0, kPathBytesMax), ErrorTextOf(response),
              response.log_detail.empty() ? "" : " [", response.log_detail,
              response.log_detail.empty() ? "" : "]");
}

}  // namespace arc::http
