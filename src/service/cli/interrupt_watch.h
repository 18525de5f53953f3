// Ctrl-C while something runs that can be given up, instead of the end of the process.

#pragma once

#include <csignal>

namespace arc::cli {

// Lifetime: while the thing runs. What SIGINT did before, it does afterwards. One may live inside
// of another: then the inner one is told.
class InterruptWatch {
 public:
  InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;
  ~InterruptWatch();

  // Since the watch was set up.
  bool has_happened() const;

 private:
  struct sigaction before_ {};
};

}  // namespace arc::cli
