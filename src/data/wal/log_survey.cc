#include "data/wal/log_survey.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "data/wal/file_names.h"
#include "data/wal/file_start.h"
#include "data/wal/group_reader.h"

namespace arc::wal {
namespace {

struct Segment {
  FileHeader header;
  Lsn last{};  // of the last record that its groups tell of
};

// Nothing when it was never begun, or has no header.
Result<std::optional<Segment>> ReadSegment(fs::FileSystem& file_system,
                                           const std::string& directory, std::uint64_t number) {
  const auto path = directory + "/" + SegmentName(number);
  FileWindow file(TRY(file_system.Open(path)));
  const auto start = TRY(ReadFileStart(file, FileKind::kSegment, number, path));
  if (!start.header) return std::optional<Segment>();
  Segment segment{*start.header, start.header->previous};
  GroupReader reader(file, segment.header);
  for (std::uint64_t offset = kGroupsOffset;;) {
    const auto next = TRY(reader.NextGroup(offset, file.byte_count()));
    if (!next) return std::optional(segment);
    const auto group = TRY(reader.HeaderAt(*next));
    segment.last = std::max(segment.last, group->last);
    const auto begin = *next + kGroupHeaderBytes;
    offset = begin + std::min(group->byte_count, file.byte_count() - begin);
  }
}

Result<std::vector<Segment>> ReadSegments(fs::FileSystem& file_system, const std::string& directory,
                                          const LogFiles& files) {
  std::vector<Segment> segments;
  for (const auto number : files.segments) {
    if (const auto segment = TRY(ReadSegment(file_system, directory, number))) {
      segments.push_back(*segment);
    }
  }
  return segments;
}

// As a recovery does: a segment of which the checkpoint has everything is not read.
void ForgetCovered(std::vector<Segment>& segments, Lsn checkpoint) {
  std::size_t covered = 0;
  for (std::size_t i = 1; i < segments.size(); i++) {
    if (segments[i].header.previous <= checkpoint) covered = i;
  }
  segments.erase(segments.begin(), segments.begin() + static_cast<std::ptrdiff_t>(covered));
}

}  // namespace

Result<std::vector<MissingRecords>> SurveyLog(fs::FileSystem& file_system,
                                              const std::string& directory,
                                              const std::optional<LogExtent>& expected) {
  LogFiles files;
  if (TRY(file_system.Exists(directory))) files = TRY(ListLogFiles(file_system, directory));
  Recovered found;
  if (!files.checkpoints.empty()) {
    found.checkpoint = CheckpointInfo{.last_lsn = Lsn{files.checkpoints.back()}, .byte_count = 0};
    found.last_lsn = found.checkpoint->last_lsn;
  }
  auto segments = TRY(ReadSegments(file_system, directory, files));
  ForgetCovered(segments, found.last_lsn);
  if (!segments.empty()) found.first_previous = segments.front().header.previous;
  std::vector<MissingRecords> between;
  for (std::size_t i = 0; i < segments.size(); i++) {
    const auto previous = segments[i].header.previous;
    if (i > 0 && previous > found.last_lsn) between.push_back({Next(found.last_lsn), previous});
    found.last_lsn = std::max(found.last_lsn, segments[i].last);
  }
  std::vector<MissingRecords> missing;
  if (expected) missing = FindMissing(found, *expected);
  missing.insert(missing.end(), between.begin(), between.end());
  std::sort(missing.begin(), missing.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return missing;
}

}  // namespace arc::wal
