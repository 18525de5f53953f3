// What single values cannot show: settings that do not fit together.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "service/config/config.h"
#include "service/config/machine.h"

namespace arc::config {

struct Contradiction {
  std::vector<std::string_view> keys;  // Which do not fit together.
  std::string message;                 // Says what to do.
};

// Settings with which the server must not start.
std::vector<Contradiction> FindContradictions(const Config& config);

// Settings that will probably hurt on this machine, one message each.
std::vector<std::string> FindRisks(const Config& config, const Machine& machine);

}  // namespace arc::config
