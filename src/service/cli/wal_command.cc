#include "service/cli/wal_command.h"

#include <fmt/format.h>

#include "data/wal/dump.h"
#include "data/wal/row_decoder.h"
#include "foundation/fs/file_system.h"
#include "foundation/time/time_text.h"
#include "service/cli/command_line.h"

namespace arc::cli {
namespace {

// One line for each measurement of a record.
void DumpRows(const wal::RecoveredRecord& record, const wal::DumpSink& sink) {
  const auto decoded = wal::DecodeRows(record.payload);
  if (!decoded.ok()) return sink("      unreadable: " + LogText(decoded.error()));
  for (const auto& part : decoded.value()) {
    auto line = fmt::format("      {} (id {}): {} rows, {} columns, {} to {}", part.name.ToString(),
                            static_cast<std::uint64_t>(part.id), part.batch.row_count(),
                            part.batch.columns.size(), Rfc3339(part.batch.min_time),
                            Rfc3339(part.batch.max_time));
    if (!part.ends.empty()) {
      line += fmt::format(", lsn {} to {}", ToNumber(part.ends.front().lsn),
                          ToNumber(part.ends.back().lsn));
    }
    sink(line);
  }
}

}  // namespace

int RunWalDump(const WalDumpArguments& arguments, const Console& console) {
  const auto dumped = wal::Dump(
      fs::FileSystem::Local(), arguments.path,
      [&](std::string_view line) { console.out << line << '\n'; }, DumpRows);
  if (dumped.ok()) return kExitSuccess;
  console.err << "arc: " << LogText(dumped.error()) << '\n';
  return kExitFailure;
}

}  // namespace arc::cli
