#include "service/api/verify_routes.h"

#include <fmt/format.h>

#include <optional>

#include "foundation/time/time_text.h"
#include "service/api/json_answer.h"
#include "service/api/pooled_handler.h"

namespace arc::api {
namespace {

constexpr const char* kPattern = "/api/v1/verify";

// 0: no time.
json::value TimeIfAny(std::int64_t micros) {
  return TimeOrNull(micros == 0 ? std::nullopt : std::optional(micros));
}

json::object ToJson(const integrity::DamagedFile& file) {
  return {{"path", file.path},
          {"damage", integrity::ToWord(file.damage)},
          {"what", file.what},
          {"found_at", Rfc3339(file.found_at)}};
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
      {{"success", true},
       {"pass", pass},
       {"message",
        fmt::format("Verifying: GET {} tells how far it is, and what is damaged", kPattern)}},
      http::kAccepted);
}

http::Response VerifyRoutes::Tell() const {
  const auto status = verifier_.status();
  return JsonAnswer({{"success", true},
                     {"is_running", status.is_running},
                     {"is_hurried", status.is_hurried},
                     {"pass", status.pass},
                     {"finished_pass", status.finished_pass},
                     {"started_at", TimeIfAny(status.started_at)},
                     {"finished_at", TimeIfAny(status.finished_at)},
                     {"files", status.file_count},
                     {"bytes", status.byte_count},
                     {"verified_files", status.checked_file_count},
                     {"verified_bytes", status.checked_byte_count},
                     {"damaged", JsonItems(damaged_files_.List(), ToJson)}});
}

}  // namespace arc::api
