// What single values cannot show: settings that do not fit together.

#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "config/machine.h"

namespace arc {

// Settings with which the server must not start, one message each.
std::vector<std::string> FindContradictions(const Config& config);

// Settings that will probably hurt on this machine, one message each.
std::vector<std::string> FindRisks(const Config& config, const Machine& machine);

}  // namespace arc
