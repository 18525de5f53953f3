#include "service/api/json_answer.h"

#include <fmt/format.h>

#include <utility>

#include <boost/json.hpp>

#include "foundation/text/json_text.h"
#include "service/api/request_parameters.h"

namespace arc::api {

http::Response JsonAnswer(http::Success status, std::string body) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

http::Response MessageAnswer(std::string_view message) {
  return JsonAnswer(http::kOk,
                    fmt::format(R"({{"success":true,"message":{}}})", JsonString(message)));
}

Result<boost::json::object> ObjectIn(const std::string& body) {
  boost::system::error_code error;
  auto document = boost::json::parse(body, error);
  if (auto* object = document.if_object()) return std::move(*object);
  return Invalid("Invalid request body: not a JSON object");
}

}  // namespace arc::api
