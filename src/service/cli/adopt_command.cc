#include "service/cli/adopt_command.h"

#include <fmt/format.h>

#include <chrono>

#include "service/cli/command_line.h"
#include "service/cli/display_text.h"
#include "service/cli/human_numbers.h"

namespace arc::cli {
namespace {

constexpr std::chrono::milliseconds kProgressInterval{200};
constexpr std::string_view kClearLine = "\r\x1b[K";

std::string Summary(const AdoptedCounts& counts) {
  auto text = fmt::format("{} files adopted: {} rows, {}", FormatCount(counts.files),
                          FormatCount(counts.rows), FormatBytes(static_cast<double>(counts.bytes)));
  if (counts.known > 0) text += fmt::format("; {} were known", FormatCount(counts.known));
  if (counts.refused > 0) text += fmt::format("; {} refused", FormatCount(counts.refused));
  return text;
}

}  // namespace

int RunAdopt(const ConfigurationArguments& arguments, const std::string& folder,
             const AdoptHook& adopt, const Console& console) {
  const auto loaded = LoadConfiguration(arguments, console);
  if (!loaded.ok()) {
    console.err << "arc catalog adopt: " << loaded.error().message << '\n';
    return kExitFailure;
  }
  const auto clear = console.is_err_terminal ? kClearLine : "";
  auto drawn = console.clock.NowSteady();
  const auto adopted = adopt(
      loaded.value(), folder,
      [&](std::string_view path, std::string_view reason) {
        console.err << clear << "refused: " << DisplayText(path) << ": " << DisplayText(reason)
                    << '\n';
      },
      [&](const AdoptedCounts& counts) {
        const auto now = console.clock.NowSteady();
        if (!console.is_err_terminal || now - drawn < kProgressInterval) return;
        drawn = now;
        console.err << clear << Summary(counts) << std::flush;
      });
  console.err << clear;
  if (!adopted.ok()) {
    const bool is_locked = adopted.error().code == ErrorCode::kOverloaded;
    console.err << "arc catalog adopt: " << LogText(adopted.error())
                << (is_locked ? " (stop it first: files are adopted while no server runs)" : "")
                << '\n';
    return kExitFailure;
  }
  console.out << Summary(adopted.value()) << '\n';
  return adopted.value().refused == 0 ? kExitSuccess : kExitFailure;
}

}  // namespace arc::cli
