#include "service/http/error_answer.h"

#include <fmt/format.h>

#include <algorithm>

#include "foundation/base/check.h"
#include "foundation/text/json_text.h"

namespace arc::http {
namespace {

constexpr const char* kJson = "application/json";

Response AnswerWithBody(const Error& error, std::string body) {
  Response response{.status = HttpStatus(error.code), .content_type = kJson};
  response.body = std::move(body);
  response.log_detail = error.detail;
  if (error.code == ErrorCode::kOverloaded) response.headers.push_back({"Retry-After", "1"});
  if (error.code == ErrorCode::kNoSpace) response.headers.push_back({"Retry-After", "5"});
  if (error.code == ErrorCode::kUnavailable) response.headers.push_back({"Retry-After", "30"});
  if (error.code == ErrorCode::kUnauthenticated) {
    response.headers.push_back({"WWW-Authenticate", "Bearer realm=\"arc\""});
  }
  return response;
}

std::string AccessErrorBody(std::string_view text) {
  return "{\"success\":false,\"error\":" + JsonString(text) + "}";
}

constexpr const char* kInfluxErrorHeader = "X-Influxdb-Error";

// The words of InfluxDB's API.
std::string_view InfluxCodeOf(int status) {
  switch (status) {
    case 401:
      return "unauthorized";
    case 403:
      return "forbidden";
    case 404:
      return "not found";
    case 409:
      return "conflict";
    case 413:
      return "request too large";
    case 422:
      return "unprocessable entity";
    case 429:
      return "too many requests";
    case 503:
    case 504:
    case 507:
      return "unavailable";
    default:
      return status >= 500 ? "internal error" : "invalid";
  }
}

// A JSON string's inside as a header may have it: what is not printable ASCII becomes '?'.
std::string HeaderText(std::string_view raw) {
  constexpr std::size_t kHeaderTextMax = 1024;
  std::string text;
  for (std::size_t i = 0; i < raw.size() && text.size() < kHeaderTextMax; i++) {
    if (raw[i] == '\\' && i + 1 < raw.size()) {
      const char escaped = raw[++i];
      if (escaped == 'u') i += 4;
      text += escaped == '"' || escaped == '\\' || escaped == '/' ? escaped : '?';
    } else if ((raw[i] & 0xC0) != 0x80) {  // once for each character
      text += raw[i] >= ' ' && raw[i] <= '~' ? raw[i] : '?';
    }
  }
  return text;
}

}  // namespace

std::string_view RawErrorOf(std::string_view body) {
  constexpr std::string_view kKey = "\"error\":\"";
  const auto key = body.find(kKey);
  if (key == std::string_view::npos) return {};
  body.remove_prefix(key + kKey.size());
  std::size_t end = 0;
  while (end < body.size() && body[end] != '"') end += body[end] == '\\' ? 2 : 1;
  return body.substr(0, std::min(end, body.size()));
}

int HttpStatus(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidInput:
      return 400;
    case ErrorCode::kUnauthenticated:
      return 401;
    case ErrorCode::kForbidden:
      return 403;
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kAlreadyExists:
      return 409;
    case ErrorCode::kTooLarge:
      return 413;
    case ErrorCode::kUnprocessable:
      return 422;
    case ErrorCode::kOverloaded:
    case ErrorCode::kCancelled:
    case ErrorCode::kUnavailable:
      return 503;
    case ErrorCode::kDeadlinePassed:
      return 504;
    case ErrorCode::kNoSpace:
      return 507;
    case ErrorCode::kCorruptData:
    case ErrorCode::kStorageFailed:
    case ErrorCode::kInternal:
      return 500;
  }
  CheckFailed(__FILE__, __LINE__, "code", "BUG: an error code that does not exist");
}

Response ErrorAnswer(const Error& error) {
  return AnswerWithBody(error, "{\"error\":" + JsonString(error.message) + "}");
}

Response BodyErrorAnswer(const Error& error) {
  auto response = ErrorAnswer(error);
  response.log_error = error.message.substr(0, error.message.find_first_of("\"'"));
  return response;
}

void AddInfluxError(Response& response) {
  const auto raw = RawErrorOf(response.body);
  const auto has_header = [](const Header& header) { return header.name == kInfluxErrorHeader; };
  if (raw.empty() || !response.body.ends_with('}') ||
      std::any_of(response.headers.begin(), response.headers.end(), has_header)) {
    return;
  }
  response.headers.push_back({kInfluxErrorHeader, HeaderText(raw)});
  const auto status = response.status < 400 ? 400 : response.status;
  auto members = fmt::format(R"(,"code":"{}","message":"{}"}})", InfluxCodeOf(status), raw);
  response.body.pop_back();
  response.body += members;
}

Response ErrorAnswer(int status, std::string_view text) {
  return {.status = status, .content_type = kJson, .body = "{\"error\":" + JsonString(text) + "}"};
}

Response TooManyRequests(const auth::UsageRefusal& refusal) {
  auto response = AccessErrorAnswer(429, refusal.message);
  response.headers.push_back({"Retry-After", std::to_string(refusal.retry_after.count())});
  return response;
}

Response AccessErrorAnswer(const Error& error) {
  return AnswerWithBody(error, AccessErrorBody(error.message));
}

Response AccessErrorAnswer(int status, std::string_view text) {
  return {.status = status, .content_type = kJson, .body = AccessErrorBody(text)};
}

}  // namespace arc::http
