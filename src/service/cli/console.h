// What a command reads from and writes to: the process's own streams, or a test's.

#pragma once

#include <cstddef>
#include <istream>
#include <ostream>
#include <string>
#include <string_view>

#include "foundation/time/clock.h"
#include "service/config/load_config.h"

namespace arc::cli {

struct Console {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  const Clock& clock;
  bool is_in_terminal = false;
  bool is_out_terminal = false;
  bool is_err_terminal = false;
  std::size_t columns = 80;  // Width of the terminal, if there is one.
  config::Environment environment{};

  // Empty when the variable is not set.
  std::string Variable(std::string_view name) const;
};

// The streams, terminal and environment of this process.
Console SystemConsole();

}  // namespace arc::cli
