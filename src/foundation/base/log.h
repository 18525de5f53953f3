// Logging. One process-wide sink (spdlog's default logger), set up once from the configuration;
// before that, messages go to standard error as console lines.
//
// Text is fixed words first, values last. Never a token, never a full row of user data.

#pragma once

#include <spdlog/spdlog.h>

#include <string>

#include "foundation/base/result.h"

namespace arc {

enum class LogFormat { kConsole, kJson };

// `level`: debug, info, warn, error, fatal, panic (the last two show fatal errors only).
// Fails with kInvalidInput on another word. Logs go to standard error.
Result<void> SetUpLogging(const std::string& level, LogFormat format);

// Usage: LogInfo("flush: {} rows of {} written in {} ms", rows, name, ms);
// Never throws: the work goes on even when its log line cannot be written.
template <class... Args>
void LogDebug(spdlog::format_string_t<Args...> format, Args&&... args) noexcept {
  try {
    spdlog::debug(format, std::forward<Args>(args)...);
  } catch (...) {
  }
}
template <class... Args>
void LogInfo(spdlog::format_string_t<Args...> format, Args&&... args) noexcept {
  try {
    spdlog::info(format, std::forward<Args>(args)...);
  } catch (...) {
  }
}
template <class... Args>
void LogWarning(spdlog::format_string_t<Args...> format, Args&&... args) noexcept {
  try {
    spdlog::warn(format, std::forward<Args>(args)...);
  } catch (...) {
  }
}
template <class... Args>
void LogError(spdlog::format_string_t<Args...> format, Args&&... args) noexcept {
  try {
    spdlog::error(format, std::forward<Args>(args)...);
  } catch (...) {
  }
}

// For a failure that is reported nowhere else. Logs
// "<what>: <what the client hears> [<what only the operator may know>]" as an error.
inline void LogFailure(const char* what, const Error& error) noexcept {
  if (error.detail.empty()) return LogError("{}: {}", what, error.message);
  LogError("{}: {} [{}]", what, error.message, error.detail);
}

}  // namespace arc
