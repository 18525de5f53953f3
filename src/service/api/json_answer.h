// Answers in JSON, and the objects in bodies.

#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "foundation/base/result.h"
#include "service/http/message.h"

namespace arc::api {

http::Response JsonAnswer(http::Success status, std::string body);
// {"success":true,"message":...}.
http::Response MessageAnswer(std::string_view message);

// What `to_json` makes of each of `items`, with commas between them.
template <class Items, class ToJson>
std::string JsonItems(const Items& items, ToJson to_json) {
  std::string json;
  for (const auto& item : items) {
    if (!json.empty()) json += ',';
    json += to_json(item);
  }
  return json;
}

// The object that `body` is; kInvalidInput when it is none.
Result<boost::json::object> ObjectIn(const std::string& body);

}  // namespace arc::api
