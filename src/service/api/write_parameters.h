// What a write request says beside its body, looked at for mistakes that would put its rows
// somewhere else, at other times, or make riddles of them.

#pragma once

#include <string_view>

#include "foundation/base/result.h"
#include "service/http/message.h"

namespace arc::api {

// Fails with kInvalidInput and names the mistake: a parameter that means the database, or nearly
// spells `database_parameter`, while nothing names a database; one that nearly spells `precision`;
// a Content-Encoding that is not understood. Any other parameter may come from a client that other
// servers understand, and means nothing.
Result<void> CheckWriteRequest(const http::Request& request, std::string_view database_parameter);

// Fails with kInvalidInput for a body in a packing that is not understood, told by its first bytes.
Result<void> CheckPacking(std::string_view body);

}  // namespace arc::api
