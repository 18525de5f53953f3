#include "api/write_report.h"

#include <fmt/format.h>

#include <iterator>

#include "base/json_text.h"

namespace arc::api {

http::Response WriteReport(const write::WriteOutcome& outcome, PartialStatus partial) {
  const auto& report = outcome.rejections;
  http::Response response;
  if (report.count == 0) {
    response.status = 204;
    return response;
  }
  response.status = outcome.accepted > 0 && partial == PartialStatus::kOk ? 200 : 400;
  response.content_type = "application/json";
  auto out = std::back_inserter(response.body);
  fmt::format_to(out,
                 R"({{"error":"{} rejected, {} accepted: see errors","accepted":{},"rejected":{},)"
                 R"("errors":[)",
                 report.count, outcome.accepted, outcome.accepted, report.count);
  for (const auto& rejection : report.first) {
    if (&rejection != &report.first.front()) response.body += ',';
    fmt::format_to(out, R"({{"line":{},"message":)", rejection.line);
    AppendJsonString(response.body, rejection.message);
    response.body += '}';
  }
  response.body += "]}";
  return response;
}

}  // namespace arc::api
