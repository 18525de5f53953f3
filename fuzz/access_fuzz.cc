// What decides who may do what reads bytes of strangers here: the token of a header, patterns,
// words of permissions, durations, names of machines and buckets, times.

#include <string>

#include "access/auth/grants.h"
#include "foundation/time/date_and_time.h"
#include "foundation/time/duration.h"
#include "foundation/time/time_text.h"
#include "fuzzing.h"
#include "service/config/storage_names.h"
#include "service/http/credentials.h"

namespace {

using arc::fuzzing::Require;

// The slow twin: tries everything, so only short texts.
bool Matches(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] != '*') {
    return !name.empty() && name[0] == pattern[0] && Matches(pattern.substr(1), name.substr(1));
  }
  return Matches(pattern.substr(1), name) || (!name.empty() && Matches(pattern, name.substr(1)));
}

void TryToken(std::string_view text) {
  arc::http::Request request;
  request.headers.push_back({"Authorization", std::string(text)});
  const auto token = arc::http::TokenOf(request);
  Require(token.size() <= text.size(), "a token is no longer than its header");
  request.headers.front().name = "x-api-key";
  const auto key = arc::http::TokenOf(request);
  Require(text.find(key) != std::string_view::npos, "a key is a part of its header");
  request.headers.front() = {"authorization", "Bearer abc"};
  request.headers.push_back({"x-api-key", std::string(text)});
  Require(arc::http::TokenOf(request) == "abc", "the first that is there counts");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = arc::fuzzing::TextOf(data, size);
  TryToken(text);
  const auto middle = text.size() / 2;
  const auto pattern = text.substr(0, middle);
  const auto name = text.substr(middle);
  if (text.size() <= 24) {
    Require(arc::auth::MatchesPattern(pattern, name) == Matches(pattern, name), "a pattern");
  }
  if (arc::auth::IsPattern(text)) {
    Require(text.find_first_of("./\\%'\"\0 ") == std::string_view::npos, "a pattern's characters");
  }
  if (arc::config::IsBucketName(text))
    Require(arc::config::IsHostName(text), "a bucket's name is a machine's");
  if (arc::config::IsHostName(text)) {
    Require(text.find("..") == std::string_view::npos && text.find('/') == std::string_view::npos,
            "a machine's name");
  }
  arc::auth::Permissions permissions = arc::auth::PermissionsIn(text);
  Require(arc::auth::PermissionsIn(arc::auth::ToText(permissions)) == permissions, "permissions");
  if (const auto duration = arc::ParseDuration(text)) {
    Require(duration->count() >= 0, "a duration is not negative");
  }
  if (const auto time = arc::ParseRfc3339(text)) {
    Require(arc::ParseRfc3339(arc::Rfc3339(*time)) == time, "a time");
  }
  return 0;
}
