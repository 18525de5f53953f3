#include "service/cli/rebuild_command.h"

#include <fmt/format.h>

#include <chrono>

#include "service/cli/command_line.h"
#include "service/cli/display_text.h"
#include "service/cli/human_numbers.h"

namespace arc::cli {
namespace {

constexpr std::chrono::milliseconds kProgressInterval{200};
constexpr std::string_view kClearLine = "\r\x1b[K";

constexpr std::string_view kWhatFilesCannotTell =
    "Files cannot tell: databases and measurements without a file (those with rows in the\n"
    "write-ahead log come back at the next start), that a measurement was dropped and not made\n"
    "again, files adopted from other servers (`arc catalog adopt` takes them again).\n";

std::string Summary(const RebuiltCounts& counts) {
  auto text = fmt::format("A new catalog has {} measurements: {} files, {} rows, {}\n",
                          FormatCount(counts.measurements), FormatCount(counts.files),
                          FormatCount(counts.rows), FormatBytes(static_cast<double>(counts.bytes)));
  if (counts.import_files > 0) {
    text += fmt::format("{} of the files are of imports\n", FormatCount(counts.import_files));
  }
  if (counts.files_in_log > 0) {
    text += fmt::format(
        "{} more files were about to appear: the next start takes their rows from the write-ahead "
        "log\n",
        FormatCount(counts.files_in_log));
  }
  if (counts.foreign_files > 0) {
    text += fmt::format("{} Parquet files of others are there: adopt them again if they were\n",
                        FormatCount(counts.foreign_files));
  }
  if (!counts.kept_as.empty()) text += fmt::format("The old catalog is {}\n", counts.kept_as);
  return text;
}

}  // namespace

int RunRebuild(const RebuildArguments& arguments, const RebuildHook& rebuild,
               const Console& console) {
  const auto loaded = LoadConfiguration(arguments.configuration, console);
  if (!loaded.ok()) {
    console.err << "arc catalog rebuild: " << loaded.error().message << '\n';
    return kExitFailure;
  }
  const auto clear = console.is_err_terminal ? kClearLine : "";
  auto drawn = console.clock.NowSteady();
  const auto rebuilt = rebuild(
      loaded.value(), arguments.is_replacing,
      [&](std::string_view path, std::string_view reason) {
        console.err << clear << "not in the catalog: " << DisplayText(path) << ": "
                    << DisplayText(reason) << '\n';
      },
      [&](std::uint64_t files, std::uint64_t bytes) {
        const auto now = console.clock.NowSteady();
        if (!console.is_err_terminal || now - drawn < kProgressInterval) return;
        drawn = now;
        console.err << clear
                    << fmt::format("{} files read, {}", FormatCount(files),
                                   FormatBytes(static_cast<double>(bytes)))
                    << std::flush;
      });
  console.err << clear;
  if (!rebuilt.ok()) {
    const bool is_locked = rebuilt.error().code == ErrorCode::kOverloaded;
    console.err << "arc catalog rebuild: " << LogText(rebuilt.error())
                << (is_locked ? " (stop it first: a catalog is made while no server runs)" : "")
                << '\n';
    return kExitFailure;
  }
  console.out << Summary(rebuilt.value()) << kWhatFilesCannotTell;
  return rebuilt.value().remarks == 0 ? kExitSuccess : kExitFailure;
}

}  // namespace arc::cli
