// The parameters of a request that takes no others.

#pragma once

#include <span>
#include <string>

#include "foundation/base/result.h"
#include "service/http/message.h"

namespace arc::api {

// Fails with kInvalidInput when the query of the request has a parameter that is not in `known` and
// no part of its credentials (`u`, `p`), with the list of those that exist and the one it may have
// been meant to be; and when it has one of them twice. `who` asks: "an import of CSV".
Result<void> CheckParameters(const http::Request& request, std::string_view who,
                             std::span<const std::string> known);

}  // namespace arc::api
