// The parameters of a request, and what is said of those that are wrong.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "foundation/base/invalid.h"
#include "foundation/base/result.h"
#include "service/http/message.h"

namespace arc::api {

// Empty when the parameter is absent.
std::string TextIn(const http::Request& request, const char* name);

// A whole number up to `most`; `absent` when the parameter is absent or empty. Fails with
// kInvalidInput.
Result<std::uint64_t> NumberIn(const http::Request& request, const char* name, std::uint64_t absent,
                               std::uint64_t most);

// Fails with kInvalidInput when the query of the request has a parameter that is not in `known` and
// no part of its credentials (`u`, `p`), with the list of those that exist and the one it may have
// been meant to be; and when it has one of them twice. `who` asks: "an import of CSV".
Result<void> CheckParameters(const http::Request& request, std::string_view who,
                             std::span<const std::string> known);

}  // namespace arc::api
