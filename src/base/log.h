// Logging. One process-wide sink (spdlog's default logger), set up once from the configuration;
// before that, messages go to standard error as console lines.
//
// Text is fixed words first, values last. Never a token, never a full row of user data.

#pragma once

#include <spdlog/spdlog.h>

#include <string>

#include "base/result.h"

namespace arc {

enum class LogFormat { kConsole, kJson };

// `level`: debug, info, warn, error, fatal, panic (the last two show fatal errors only).
// Fails with kInvalidInput on another word. Logs go to standard error.
Result<void> SetUpLogging(const std::string& level, LogFormat format);

// Usage: LogInfo("flush: {} rows of {} written in {} ms", rows, name, ms);
template <class... Args>
void LogDebug(spdlog::format_string_t<Args...> format, Args&&... args) {
  spdlog::debug(format, std::forward<Args>(args)...);
}
template <class... Args>
void LogInfo(spdlog::format_string_t<Args...> format, Args&&... args) {
  spdlog::info(format, std::forward<Args>(args)...);
}
template <class... Args>
void LogWarning(spdlog::format_string_t<Args...> format, Args&&... args) {
  spdlog::warn(format, std::forward<Args>(args)...);
}
template <class... Args>
void LogError(spdlog::format_string_t<Args...> format, Args&&... args) {
  spdlog::error(format, std::forward<Args>(args)...);
}

}  // namespace arc
