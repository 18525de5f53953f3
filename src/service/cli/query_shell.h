// `arc query` without a statement, on a terminal: statements one after the other, and commands that
// begin with a backslash. docs/command-line.md lists them.

#pragma once

#include <string>

#include "service/cli/console.h"
#include "service/cli/line_reader.h"
#include "service/cli/query_command.h"

namespace arc::cli {

// Rows of one answer that are asked for unless \limit says otherwise.
inline constexpr std::uint64_t kShellRowsMax = 1000;

// Until the lines end, or \q. Returns how the process ends; a statement that failed is no failure.
int RunQueryShell(const QueryArguments& arguments, const Console& console, LineReader& lines);

// $XDG_STATE_HOME/arc/query_history, else $HOME/.local/state/arc/query_history; its folder is made.
// Empty when there is no such place.
std::string HistoryFile(const Console& console);

}  // namespace arc::cli
