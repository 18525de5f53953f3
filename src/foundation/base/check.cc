#include "foundation/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace arc {

void CheckFailed(const char* file, int line, const char* condition, const char* message) {
  std::fprintf(stderr, "BUG: %s (%s) at %s:%d. Please report this with the lines before it.\n",
               message, condition, file, line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace arc
