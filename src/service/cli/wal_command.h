// `arc wal dump`: the write-ahead log in words, read from its files; no server is asked.

#pragma once

#include <string>

#include "service/cli/console.h"

namespace arc::cli {

struct WalDumpArguments {
  std::string path;  // a segment, a checkpoint, or the folder of them
};

// Returns how the process ends. Damage is shown, and no failure.
int RunWalDump(const WalDumpArguments& arguments, const Console& console);

}  // namespace arc::cli
