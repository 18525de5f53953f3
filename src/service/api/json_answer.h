// Answers in JSON, what they are made of, and the objects in bodies.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "foundation/base/result.h"
#include "service/http/message.h"

namespace arc::api {

namespace json = boost::json;

http::Response JsonAnswer(const json::object& body, http::Success status = http::kOk);
// {"success":true,"message":...}.
http::Response MessageAnswer(std::string_view message);

// What `to_json` makes of each of `items`.
template <class Items, class ToJson>
json::array JsonItems(const Items& items, ToJson to_json) {
  json::array array;
  for (const auto& item : items) array.emplace_back(to_json(item));
  return array;
}
json::array JsonTexts(const std::vector<std::string>& texts);

// A time in microseconds UTC; null for none.
json::value TimeOrNull(std::optional<std::int64_t> micros);
// With that many digits behind the point.
double Rounded(double value, int digits);
// With three.
double RoundedMilliseconds(std::chrono::nanoseconds duration);

// The JSON object in `body`. Fails with kInvalidInput when it is anything else.
Result<json::object> ObjectIn(const std::string& body);

}  // namespace arc::api
