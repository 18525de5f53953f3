#include "api/json_answer.h"

#include <fmt/format.h>

#include <utility>

#include "base/json_text.h"

namespace arc::api {

http::Response JsonAnswer(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

http::Response MessageAnswer(std::string_view message) {
  return JsonAnswer(200, fmt::format(R"({{"success":true,"message":{}}})", JsonString(message)));
}

}  // namespace arc::api
