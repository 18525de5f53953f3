#include "service/api/write_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "service/api/json_answer.h"
#include "service/api/rejection_log.h"
#include "service/http/error_answer.h"

namespace arc::api {
namespace {

// Clients look for these words in an error, and one that finds them goes on sending the same, for
// ever, or says nothing. A row that holds them must not make one do so.
bool MisleadsClients(std::string_view text) {
  constexpr std::array<std::string_view, 4> kMisleading = {
      "database not found", "retention policy not found", "hinted handoff queue not empty",
      "points beyond retention policy"};
  return std::any_of(kMisleading.begin(), kMisleading.end(), [&](std::string_view words) {
    return text.find(words) != std::string_view::npos;
  });
}

std::string Summary(const write::WriteOutcome& outcome, PartialStatus partial,
                    std::string_view reason) {
  const auto& report = outcome.rejections;
  const auto& first = report.first.front();
  const auto place = PlaceOf(first, partial == PartialStatus::kBadRequest);
  return fmt::format("partial write: {}: {}{} ({} rejected, {} accepted)",
                     InfluxWordsOf(first.kind), place, reason, report.count, outcome.accepted);
}

}  // namespace

http::Response WriteReport(const write::WriteOutcome& outcome, PartialStatus partial) {
  const auto& report = outcome.rejections;
  if (report.count == 0) {
    http::Response response;
    response.status = http::kNoContent;
    return response;
  }
  const auto& first = report.first.front();
  const auto reason = MisleadsClients(first.message) ? "see errors" : first.message;
  json::object body{{"error", Summary(outcome, partial, reason)}};
  if (partial == PartialStatus::kBadRequest) body.emplace("line", first.line);
  body.emplace("accepted", outcome.accepted);
  body.emplace("rejected", report.count);
  body.emplace("errors", JsonItems(report.first, [](const auto& rejection) {
                 return json::object{{"line", rejection.line}, {"message", rejection.message}};
               }));
  auto response = JsonAnswer(body);
  const bool is_success = outcome.accepted > 0 && partial == PartialStatus::kOk;
  if (!is_success) response.status = http::HttpStatus(ErrorCode::kInvalidInput);
  response.log_error = Summary(outcome, partial, LogTextOf(first));
  response.is_logged = true;  // RejectionLog does it
  http::AddInfluxError(response);
  return response;
}

}  // namespace arc::api
