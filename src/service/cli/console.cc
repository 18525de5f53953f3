#include "service/cli/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>

extern char** environ;

namespace arc::cli {
namespace {

std::size_t TerminalColumns() {
  winsize size{};
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  }
  return 80;
}

config::Environment ProcessEnvironment() {
  config::Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals == text.npos) continue;
    environment.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

}  // namespace

std::string Console::Variable(std::string_view name) const {
  for (const auto& [known, value] : environment) {
    if (known == name) return value;
  }
  return "";
}

Console SystemConsole() {
  return {.in = std::cin,
          .out = std::cout,
          .err = std::cerr,
          .clock = Clock::System(),
          .is_in_terminal = isatty(STDIN_FILENO) == 1,
          .is_out_terminal = isatty(STDOUT_FILENO) == 1,
          .is_err_terminal = isatty(STDERR_FILENO) == 1,
          .columns = TerminalColumns(),
          .environment = ProcessEnvironment()};
}

}  // namespace arc::cli
