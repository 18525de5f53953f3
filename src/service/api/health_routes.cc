#include "service/api/health_routes.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "foundation/time/time_text.h"
#include "service/http/error_answer.h"

namespace arc::api {
namespace {

using auth::Permission;
using http::BodyMode;

http::Response TextAnswer(http::Success status, const char* content_type, std::string body) {
  http::Response response;
  response.status = status;
  response.content_type = content_type;
  response.body = std::move(body);
  return response;
}

// 90061.5 s as 1d 1h 1m 1s.
std::string UptimeText(double seconds) {
  const auto whole = static_cast<long long>(seconds);
  return fmt::format("{}d {}h {}m {}s", whole / 86'400, whole / 3'600 % 24, whole / 60 % 60,
                     whole % 60);
}

}  // namespace

HealthRoutes::HealthRoutes(const Clock& clock, const Metrics& metrics, Problems problems,
                           Details details)
    : clock_(clock),
      metrics_(metrics),
      problems_(std::move(problems)),
      details_(std::move(details)),
      started_(clock.NowSteady()) {}

std::vector<http::Route> HealthRoutes::Routes() {
  const auto route = [](const char* pattern, std::function<http::Response()> answer) {
    return http::Route{"GET", pattern, Permission::kNone, BodyMode::kMemory,
                       [answer = std::move(answer)](http::Request, http::Responder responder) {
                         responder.Send(answer());
                       }};
  };
  return {
      route("/health", [this] { return Health(); }),
      route("/ready", [this] { return Ready(); }),
      route("/metrics",
            [this] {
              return TextAnswer(http::kOk, "text/plain; version=0.0.4; charset=utf-8",
                                metrics_.PrometheusText());
            }),
      route("/ping", [] { return TextAnswer(http::kNoContent, "", ""); }),
  };
}

double HealthRoutes::UptimeSeconds() const {
  return Rounded(std::chrono::duration<double>(clock_.NowSteady() - started_).count(), 3);
}

http::Response HealthRoutes::Health() const {
  const auto problems = problems_();
  const auto uptime = UptimeSeconds();
  json::object body{{"status", problems.empty() ? "ok" : "degraded"},
                    {"time", Rfc3339(clock_.NowMicros())},
                    {"uptime", UptimeText(uptime)},
                    {"uptime_sec", uptime},
                    {"problems", JsonTexts(problems)}};
  if (details_) {
    for (const auto& detail : details_()) body.emplace(detail.key(), detail.value());
  }
  return JsonAnswer(body);
}

http::Response HealthRoutes::Ready() const {
  const auto time = Rfc3339(clock_.NowMicros());
  if (const char* reason = not_ready_reason_) {
    return http::ErrorAnswer({ErrorCode::kOverloaded, reason},
                             {{"status", "not_ready"}, {"time", time}, {"reason", reason}});
  }
  return JsonAnswer({{"status", "ready"}, {"time", time}, {"uptime_sec", UptimeSeconds()}});
}

}  // namespace arc::api
