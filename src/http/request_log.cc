#include "http/request_log.h"

#include "base/log.h"

namespace arc::http {
namespace {

constexpr std::size_t kPathBytesMax = 200;
constexpr std::size_t kErrorTextBytesMax = 200;

}  // namespace

std::string_view ErrorTextOf(std::string_view body) {
  constexpr std::string_view kKey = "\"error\":\"";
  const auto key = body.find(kKey);
  if (key == std::string_view::npos) return {};
  body.remove_prefix(key + kKey.size());
  std::size_t end = 0;
  while (end < body.size() && body[end] != '"') end += body[end] == '\\' ? 2 : 1;
  return body.substr(0, std::min(end, kErrorTextBytesMax));
}

std::string_view ErrorTextOf(const Response& response) {
  return response.log_error.empty() ? ErrorTextOf(response.body)
                                    : std::string_view(response.log_error);
}

void LogIfFailed(const RequestSummary& summary, const Response& response) {
  // 429: a flood is counted, not logged.
  if (response.status < 400 || response.status == 429 || response.is_logged) return;
  // Back-pressure and a full disk are answers, not failures of ours; what is behind them says so.
  const bool is_refusal = response.status == 503 || response.status == 507;
  const auto level =
      response.status >= 500 && !is_refusal ? spdlog::level::err : spdlog::level::warn;
  spdlog::log(level, "http: request failed: status {} in {:.1f} ms, client {}: {} {}: {}{}{}{}",
              response.status, static_cast<double>(summary.duration.count()) / 1000,
              summary.client_address, summary.method.empty() ? "(unreadable)" : summary.method,
              summary.raw_path.substr(0, kPathBytesMax), ErrorTextOf(response),
              response.log_detail.empty() ? "" : " [", response.log_detail,
              response.log_detail.empty() ? "" : "]");
}

}  // namespace arc::http
