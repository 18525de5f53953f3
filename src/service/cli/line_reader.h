// Where the interactive `arc query` takes its lines from: a terminal, or a test.

#pragma once

#include <memory>
#include <string>

namespace arc::cli {

// Threads: one.
class LineReader {
 public:
  enum class Outcome { kLine, kInterrupted, kEnd };
  struct Line {
    Outcome outcome;
    std::string text{};  // Without its end; of kLine only.
  };

  virtual ~LineReader() = default;
  // Blocks until a line was entered, Ctrl-C was pressed, or there is no more.
  virtual Line Read(const std::string& prompt) = 0;
  // What is offered again by the arrow keys, now and in later sessions.
  virtual void Remember(const std::string& text) = 0;
};

enum class PromptStream { kOutput, kError };

// Lines of the process's terminal, edited with libedit. At most kHistoryEntriesMax lines are
// remembered in `history_file`, which is made with mode 0600; in memory only when it is empty or
// cannot be written.
inline constexpr int kHistoryEntriesMax = 1000;
std::unique_ptr<LineReader> OpenTerminal(const std::string& history_file, PromptStream stream);

}  // namespace arc::cli
