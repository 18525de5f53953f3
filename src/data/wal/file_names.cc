#include "data/wal/file_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace arc::wal {
namespace {

constexpr std::string_view kSegment = "w1-";
constexpr std::string_view kCheckpoint = "checkpoint-";
constexpr std::string_view kSpare = "spare-";
constexpr std::string_view kFinished = ".wal";
constexpr std::string_view kTemporary = ".tmp";
constexpr std::size_t kDigits = 16;

std::string Name(std::string_view kind, std::uint64_t number, std::string_view ending) {
  return fmt::format("{}{:016x}{}", kind, number, ending);
}

// The number of a name made by Name() with the same words.
std::optional<std::uint64_t> NumberOf(std::string_view name, std::string_view kind,
                                      std::string_view ending) {
  if (name.size() != kind.size() + kDigits + ending.size()) return std::nullopt;
  const char* digits = name.data() + kind.size();
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(digits, digits + kDigits, number, 16);
  // Written again, so that a name in capitals or with a sign is none of ours.
  if (parsed.ec != std::errc{} || Name(kind, number, ending) != name) return std::nullopt;
  return number;
}

}  // namespace

std::string SegmentName(std::uint64_t number) { return Name(kSegment, number, kFinished); }
std::string CheckpointName(Lsn last_lsn) {
  return Name(kCheckpoint, ToNumber(last_lsn), kFinished);
}
std::string SpareName(std::uint64_t number) { return Name(kSpare, number, kTemporary); }
std::string CheckpointTemporaryName(Lsn last_lsn) {
  return Name(kCheckpoint, ToNumber(last_lsn), kTemporary);
}

std::optional<LogFileName> ParseLogFileName(std::string_view name) {
  if (const auto number = NumberOf(name, kSegment, kFinished)) return LogFileName{true, *number};
  if (const auto last_lsn = NumberOf(name, kCheckpoint, kFinished))
    return LogFileName{false, *last_lsn};
  return std::nullopt;
}

Result<LogFiles> ListLogFiles(fs::FileSystem& file_system, const std::string& directory) {
  LogFiles files;
  for (const auto& entry : TRY(file_system.List(directory))) {
    if (entry.is_directory) continue;
    if (const auto file = ParseLogFileName(entry.name)) {
      (file->is_segment ? files.segments : files.checkpoints).push_back(file->number);
    } else if (NumberOf(entry.name, kSpare, kTemporary) ||
               NumberOf(entry.name, kCheckpoint, kTemporary)) {
      files.temporary.push_back(entry.name);
    }
  }
  std::ranges::sort(files.segments);
  std::ranges::sort(files.checkpoints);
  return files;
}

}  // namespace arc::wal
