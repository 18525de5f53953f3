#include "http/error_answer.h"

#include "base/check.h"
#include "base/json_text.h"

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

}  // namespace

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
