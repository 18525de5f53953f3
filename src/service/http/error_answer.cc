#include "service/http/error_answer.h"

#include <fmt/format.h>

#include <algorithm>

#include "foundation/base/check.h"
#include "foundation/text/json_text.h"

namespace arc::http {
namespace {

constexpr const char* kJson = "application/json";

std::string AccessErrorBody(std::string_view text) {
  return "{\"success\":false,\"error\":" + JsonString(text) + "}";
}

constexpr const char* kInfluxErrorHeader = "X-Influxdb-Error";

// The words of InfluxDB's API.
std::string_view InfluxCodeOf(int status) {
  switch (status) {
    case kUnauthorized:
      return "unauthorized";
    case kForbidden:
      return "forbidden";
    case kNotFound:
      return "not found";
    case kConflict:
      return "conflict";
    case kContentTooLarge:
      return "request too large";
    case kUnprocessableContent:
      return "unprocessable entity";
    case kTooManyRequests:
      return "too many requests";
    case kServiceUnavailable:
    case kGatewayTimeout:
    case kInsufficientStorage:
      return "unavailable";
    default:
      return IsServerFailure(status) ? "internal error" : "invalid";
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

Failure HttpStatus(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidInput:
      return kBadRequest;
    case ErrorCode::kUnauthenticated:
      return kUnauthorized;
    case ErrorCode::kForbidden:
      return kForbidden;
    case ErrorCode::kNotFound:
      return kNotFound;
    case ErrorCode::kAlreadyExists:
      return kConflict;
    case ErrorCode::kTooLarge:
      return kContentTooLarge;
    case ErrorCode::kUnprocessable:
      return kUnprocessableContent;
    case ErrorCode::kOverloaded:
    case ErrorCode::kCancelled:
    case ErrorCode::kUnavailable:
      return kServiceUnavailable;
    case ErrorCode::kDeadlinePassed:
      return kGatewayTimeout;
    case ErrorCode::kNoSpace:
      return kInsufficientStorage;
    case ErrorCode::kCorruptData:
    case ErrorCode::kStorageFailed:
    case ErrorCode::kInternal:
      return kInternalServerError;
  }
  CheckFailed(__FILE__, __LINE__, "code", "BUG: an error code that does not exist");
}

Response ErrorAnswer(const Error& error) {
  return ErrorAnswer(error, "{\"error\":" + JsonString(error.message) + "}");
}

Response ErrorAnswer(const Error& error, std::string body) {
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
  const int status = IsFailure(response.status) ? response.status : kBadRequest;
  auto members = fmt::format(R"(,"code":"{}","message":"{}"}})", InfluxCodeOf(status), raw);
  response.body.pop_back();
  response.body += members;
}

Response ErrorAnswer(Failure status, std::string_view text) {
  return {.status = status, .content_type = kJson, .body = "{\"error\":" + JsonString(text) + "}"};
}

Response TooManyRequests(const auth::UsageRefusal& refusal) {
  Response response{.status = kTooManyRequests, .content_type = kJson};
  response.body = AccessErrorBody(refusal.message);
  response.headers.push_back({"Retry-After", std::to_string(refusal.retry_after.count())});
  return response;
}

Response AccessErrorAnswer(const Error& error) {
  return ErrorAnswer(error, AccessErrorBody(error.message));
}

}  // namespace arc::http
