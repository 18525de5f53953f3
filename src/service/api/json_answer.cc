#include "service/api/json_answer.h"

#include <cmath>
#include <utility>

#include "foundation/text/json_text.h"
#include "foundation/time/time_text.h"
#include "service/api/request_parameters.h"

namespace arc::api {

http::Response JsonAnswer(const json::object& body, http::Success status) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = JsonText(body);
  return response;
}

http::Response MessageAnswer(std::string_view message) {
  return JsonAnswer({{"success", true}, {"message", message}});
}

json::array JsonTexts(const std::vector<std::string>& texts) {
  return JsonItems(texts, [](const std::string& text) { return text; });
}

json::value TimeOrNull(std::optional<std::int64_t> micros) {
  return micros ? json::value(Rfc3339(*micros)) : json::value(nullptr);
}

double Rounded(double value, int digits) {
  const double scale = std::pow(10, digits);
  return std::round(value * scale) / scale;
}

double RoundedMilliseconds(std::chrono::nanoseconds duration) {
  return Rounded(std::chrono::duration<double, std::milli>(duration).count(), 3);
}

Result<json::object> ObjectIn(const std::string& body) {
  boost::system::error_code error;
  auto document = json::parse(body, error);
  if (auto* object = document.if_object()) return std::move(*object);
  return Invalid("Invalid request body: not a JSON object");
}

}  // namespace arc::api
