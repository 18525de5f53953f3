#include "service/cli/interrupt_watch.h"

namespace arc::cli {
namespace {

// All that a signal handler may touch.
volatile std::sig_atomic_t is_interrupted = 0;

void OnInterrupt(int) { is_interrupted = 1; }

}  // namespace

InterruptWatch::InterruptWatch() {
  is_interrupted = 0;
  struct sigaction action {};
  action.sa_handler = OnInterrupt;  // Without SA_RESTART: waiting ends at once.
  sigaction(SIGINT, &action, &before_);
}

InterruptWatch::~InterruptWatch() { sigaction(SIGINT, &before_, nullptr); }

bool InterruptWatch::has_happened() const { return is_interrupted != 0; }

}  // namespace arc::cli
