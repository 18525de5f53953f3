// Where a request carries its token.

#pragma once

#include <string>

#include "service/http/message.h"

namespace arc::http {

// The token of `Authorization: Bearer|Token <t>`, of `Authorization: Basic` (the password), of a
// bare `Authorization: <t>`, of `x-api-key`, or of the query parameter `p`: the first that is
// there. Empty when there is none.
std::string TokenOf(const Request& request);

}  // namespace arc::http
