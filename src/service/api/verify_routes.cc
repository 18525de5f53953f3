#include "service/api/verify_routes.h"

#include <fmt/format.h>

#include <string>

#include "foundation/text/json_text.h"
#include "foundation/time/time_text.h"
#include "service/api/json_answer.h"
#include "service/api/pooled_handler.h"

namespace arc::api {
namespace {

constexpr const char* kPattern = "/api/v1/verify";

std::string TimeOrNull(std::int64_t micros) {
  return micros == 0 ? "null" : fmt::format("\"{}\"", Rfc3339(micros));
}

std::string ToJson(const integrity::DamagedFile& file) {
  std::string json = R"({"path":)";
  AppendJsonString(json, file.path);
  json += fmt::format(R"(,"damage":"{}","what":)", integrity::ToWord(file.damage));
  AppendJsonString(json, file.what);
  return json + fmt::format(R"(,"found_at":"{}"}})", Rfc3339(file.found_at));
}

}  // namespace

VerifyRoutes::VerifyRoutes(integrity::Verifier& verifier,
                           const integrity::DamagedFiles& damaged_files, TaskPool& pool)
    : verifier_(verifier), damaged_files_(damaged_files), pool_(pool) {}

std::vector<http::Route> VerifyRoutes::Routes() {
  return {PooledAdminRoute(pool_, "POST", kPattern, [this](http::Request&) { return Begin(); }),
          PooledAdminRoute(pool_, "GET", kPattern, [this](http::Request&) { return Tell(); })};
}

http::Response VerifyRoutes::Begin() {
  const auto pass = verifier_.VerifyNow();
  return JsonAnswer(
      http::kAccepted,
      fmt::format(R"({{"success":true,"pass":{},"message":"Verifying: GET {} tells how far)"
                  R"( it is, and what is damaged"}})",
                  pass, kPattern));
}

http::Response VerifyRoutes::Tell() const {
  const auto status = verifier_.status();
  auto body = fmt::format(
      R"({{"success":true,"is_running":{},"is_hurried":{},"pass":{},"finished_pass":{},)"
      R"("started_at":{},"finished_at":{},"files":{},"bytes":{},"verified_files":{},)"
      R"("verified_bytes":{},)",
      status.is_running, status.is_hurried, status.pass, status.finished_pass,
      TimeOrNull(status.started_at), TimeOrNull(status.finished_at), status.file_count,
      status.byte_count, status.checked_file_count, status.checked_byte_count);
  body += fmt::format(R"("damaged":[{}]}})", JsonItems(damaged_files_.List(), ToJson));
  return JsonAnswer(http::kOk, std::move(body));
}

}  // namespace arc::api
