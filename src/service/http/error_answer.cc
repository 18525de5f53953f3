#include "service/http/error_answer.h"

#include <algorithm>

#include <boost/json.hpp>

#include "foundation/base/check.h"
#include "foundation/text/json_text.h"

namespace arc::http {
namespace {

constexpr const char* kJson = "application/json";

boost::json::object AccessErrorBody(std::string_view text) {
  return {{"success", false}, {"error", text}};
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

// As a header may have it: what is not printable ASCII becomes '?', once for each character.
std::string HeaderText(std::string_view text) {
  constexpr std::size_t kHeaderTextMax = 1024;
  std::string printable;
  for (const char c : text) {
    if (printable.size() == kHeaderTextMax) break;
    if ((c & 0xC0) != 0x80) printable += c >= ' ' && c <= '~' ? c : '?';
  }
  return printable;
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

Response ErrorAnswer(const Error& error) { return ErrorAnswer(error, {{"error", error.message}}); }

Response ErrorAnswer(const Error& error, const boost::json::object& body) {
  Response response{.status = HttpStatus(error.code), .content_type = kJson};
  response.body = JsonText(body);
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
  if (HasHeader(response.headers, kInfluxErrorHeader)) return;
  boost::system::error_code unreadable;
  auto body = boost::json::parse(response.body, unreadable);
  auto* const object = body.if_object();
  const auto* const error = object == nullptr ? nullptr : object->if_contains("error");
  if (error == nullptr || !error->is_string()) return;
  const std::string text(error->get_string());  // the object moves its members as it grows
  const int status = IsFailure(response.status) ? response.status : kBadRequest;
  object->emplace("code", InfluxCodeOf(status));
  object->emplace("message", text);
  response.headers.push_back({kInfluxErrorHeader, HeaderText(text)});
  response.body = JsonText(*object);
}

Response ErrorAnswer(Failure status, std::string_view text) {
  return {.status = status, .content_type = kJson, .body = JsonText({{"error", text}})};
}

Response TooManyRequests(const auth::UsageRefusal& refusal) {
  Response response{.status = kTooManyRequests, .content_type = kJson};
  response.body = JsonText(AccessErrorBody(refusal.message));
  response.headers.push_back({"Retry-After", std::to_string(refusal.retry_after.count())});
  return response;
}

Response AccessErrorAnswer(const Error& error) {
  return ErrorAnswer(error, AccessErrorBody(error.message));
}

}  // namespace arc::http
