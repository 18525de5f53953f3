// The error of an input that the client must change.

#pragma once

#include <string>
#include <utility>

#include "foundation/base/result.h"

namespace arc {

inline Error Invalid(std::string message) { return {ErrorCode::kInvalidInput, std::move(message)}; }

}  // namespace arc
