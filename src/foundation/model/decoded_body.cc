#include "foundation/model/decoded_body.h"

#include <fmt/format.h>

namespace arc {
namespace {

// The first bytes of `text`, at most `bytes_max`, up to the edge of a character.
std::string_view Beginning(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  auto end = bytes_max;
  constexpr std::size_t kContinuationMax = 3;
  while (end + kContinuationMax > bytes_max && (text[end] & 0xC0) == 0x80) end--;
  return text.substr(0, end);
}

}  // namespace

void Refusal::NameMeasurement(std::string_view name, InLog in_log) {
  measurement = name;
  const auto prefix = fmt::format("measurement \"{}\", ", name);
  // What may be said of the message must be cut before the name's own quotation marks are in.
  if (log_text.empty()) log_text = message.substr(0, message.find_first_of("\"'"));
  if (in_log == InLog::kNamed) log_text.insert(0, prefix);
  message.insert(0, prefix);
}

std::string_view LogTextOf(const Rejection& rejection) {
  if (!rejection.log_text.empty()) return rejection.log_text;
  return std::string_view(rejection.message).substr(0, rejection.message.find_first_of("\"'"));
}

std::string ShownText(std::string_view text) {
  const auto shown = Beginning(text, kShownTextMax);
  return shown.size() == text.size() ? std::string(text) : fmt::format("{}...", shown);
}

std::string ShownValue(std::string_view value) {
  constexpr std::size_t kValueMax = 64;
  const auto shown = Beginning(value, kValueMax);
  return shown.size() == value.size() ? std::string(value) : fmt::format("{}...", shown);
}

}  // namespace arc
