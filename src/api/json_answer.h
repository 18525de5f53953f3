// Answers in JSON.

#pragma once

#include <string>
#include <string_view>

#include "http/message.h"

namespace arc::api {

http::Response JsonAnswer(int status, std::string body);
// 200 with {"success":true,"message":...}.
http::Response MessageAnswer(std::string_view message);

}  // namespace arc::api
