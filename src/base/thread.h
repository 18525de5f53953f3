// Names the calling thread for debuggers and `top -H`. At most 15 characters are kept.

#pragma once

#include <string>

namespace arc {

void SetThreadName(const std::string& name);

}  // namespace arc
