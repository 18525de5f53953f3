#include "data/offline/rebuild_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace arc::offline {
namespace {

std::string_view NameOf(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

struct RebuildPlan::File {
  FoundFile found;
  // The rows of the log that have LSNs and times within the file's ranges.
  std::uint64_t logged_count = 0;
  std::int64_t logged_min_time = 0;
  std::int64_t logged_max_time = 0;

  // A flush takes all rows of its LSNs, and each of its files takes all of these rows within its
  // times. So if the log has as many such rows, with the same first and last time, they are the
  // file's rows.
  bool IsInLog() const {
    return logged_count == found.footer.row_count && logged_min_time == found.footer.min_time &&
           logged_max_time == found.footer.max_time;
  }
};

// The files with one range of LSNs.
struct RebuildPlan::Flush {
  Lsn min_lsn, max_lsn;
  std::vector<const File*> files;
  std::uint32_t part_count = 0;  // 0: unknown

  bool IsWhole() const { return part_count > 0 && files.size() == part_count; }
  bool IsInLog() const {
    return std::all_of(files.begin(), files.end(),
                       [](const auto* file) { return file->IsInLog(); });
  }
  bool Overlaps(const Flush& other) const {
    return min_lsn <= other.max_lsn && other.min_lsn <= max_lsn;
  }
};

struct RebuildPlan::Measurement {
  MeasurementId id{};
  MeasurementName name;
  bool is_logged = false;
  std::vector<File> files;
};

RebuildPlan::RebuildPlan(std::vector<FoundFile> files) {
  for (auto& file : files) {
    const auto id = file.footer.measurement_id;
    result_.greatest_id = std::max(result_.greatest_id, id);
    result_.greatest_lsn = std::max(result_.greatest_lsn, file.footer.max_lsn);
    auto& measurement = measurements_[id];
    measurement.id = id;
    if (measurement.files.empty()) measurement.name = file.table;
    measurement.files.push_back({std::move(file)});
  }
}

RebuildPlan::RebuildPlan(RebuildPlan&&) noexcept = default;
RebuildPlan::~RebuildPlan() = default;

void RebuildPlan::AddLogged(const MeasurementName& name, MeasurementId id, Lsn lsn,
                            std::span<const std::int64_t> times) {
  auto& measurement = measurements_[id];
  measurement.id = id;
  measurement.name = name;
  measurement.is_logged = true;
  result_.greatest_id = std::max(result_.greatest_id, id);
  result_.greatest_lsn = std::max(result_.greatest_lsn, lsn);
  for (auto& file : measurement.files) {
    const auto& footer = file.found.footer;
    if (lsn < footer.min_lsn || lsn > footer.max_lsn) continue;
    for (const auto time : times) {
      if (time < footer.min_time || time > footer.max_time) continue;
      const bool is_first = file.logged_count++ == 0;
      file.logged_min_time = is_first ? time : std::min(file.logged_min_time, time);
      file.logged_max_time = is_first ? time : std::max(file.logged_max_time, time);
    }
  }
}

void RebuildPlan::LeaveOut(const File& file, std::string reason) {
  result_.left_out.push_back({file.found.entry.path, std::move(reason)});
}

RebuiltCatalog RebuildPlan::Finish() && {
  for (const auto& [id, measurement] : measurements_) {
    auto& newest = newest_[measurement.name];
    newest = std::max(newest, id);
  }
  for (auto& [id, measurement] : measurements_) {
    const auto newest = newest_.at(measurement.name);
    if (newest == id) {
      Build(measurement);
      continue;
    }
    for (const auto& file : measurement.files) {
      LeaveOut(file, fmt::format("of an earlier measurement {}, which was dropped",
                                 measurement.name.ToString()));
    }
    if (measurement.is_logged) result_.dropped.emplace_back(measurement.name, id);
  }
  return std::move(result_);
}

void RebuildPlan::Build(Measurement& measurement) {
  RebuiltMeasurement rebuilt;
  rebuilt.id = measurement.id;
  rebuilt.name = measurement.name;
  std::vector<const File*> counting;
  for (const auto& flush : Choose(measurement, FlushesOf(measurement))) {
    counting.insert(counting.end(), flush.files.begin(), flush.files.end());
    rebuilt.flushed_lsn = std::max(rebuilt.flushed_lsn, flush.max_lsn);
  }
  // So that columns stand in the order in which they were first written; imports last.
  std::stable_sort(counting.begin(), counting.end(), [](const File* a, const File* b) {
    const auto key = [](const File* file) {
      return std::tuple(file->found.footer.is_import(), file->found.footer.min_lsn);
    };
    return key(a) < key(b);
  });
  auto schema = std::make_shared<const RowSchema>();
  for (const auto* file : counting) {
    auto joined = JoinSchemas(schema, RowSchema(file->found.columns));
    if (joined == nullptr) {
      LeaveOut(*file, "its columns have other types than those of the measurement's other files");
      continue;
    }
    schema = std::move(joined);
    if (file->found.footer.is_import()) result_.import_file_count++;
    rebuilt.files.push_back(file->found.entry);
  }
  rebuilt.schema = std::move(schema);
  if (!rebuilt.files.empty()) result_.measurements.push_back(std::move(rebuilt));
}

// Leaves out files in wrong folders, and files that others replace.
std::vector<RebuildPlan::Flush> RebuildPlan::FlushesOf(Measurement& measurement) {
  std::set<std::string_view> replaced;
  for (const auto& file : measurement.files) {
    for (const auto& name : file.found.footer.replaces) replaced.insert(name);
  }
  std::map<std::pair<Lsn, Lsn>, Flush> flushes;
  std::set<std::tuple<Lsn, Lsn, std::uint32_t>> parts;
  for (const auto& file : measurement.files) {
    const auto& footer = file.found.footer;
    if (file.found.table != measurement.name) {
      LeaveOut(file, fmt::format("it is of {}, by its number", measurement.name.ToString()));
    } else if (replaced.contains(NameOf(file.found.entry.path))) {
      LeaveOut(file, "another file has taken its rows over");
    } else if (footer.part > 0 &&
               !parts.insert({footer.min_lsn, footer.max_lsn, footer.part}).second) {
      LeaveOut(file, "there is another file of the same part of the same flush");
    } else {
      auto& flush = flushes[{footer.min_lsn, footer.max_lsn}];
      flush.min_lsn = footer.min_lsn;
      flush.max_lsn = footer.max_lsn;
      flush.part_count = std::max(flush.part_count, footer.part_count);
      flush.files.push_back(&file);
    }
  }
  std::vector<Flush> list;
  for (auto& [range, flush] : flushes) list.push_back(std::move(flush));
  return list;
}

// Committed flushes of one measurement never overlap. A flush that overlaps another was not
// committed, and its rows were flushed again. Every whole flush has all rows of its range, so among
// overlapping ones it is right to take the one with the greatest LSN first.
std::vector<RebuildPlan::Flush> RebuildPlan::Choose(Measurement& measurement,
                                                    std::vector<Flush> flushes) {
  std::vector<Flush> chosen;
  // From the greatest LSN down; of flushes with the same end the longest comes first.
  std::sort(flushes.begin(), flushes.end(), [](const Flush& a, const Flush& b) {
    return std::pair(b.max_lsn, a.min_lsn) < std::pair(a.max_lsn, b.min_lsn);
  });
  const auto overlaps_chosen = [&](const Flush& flush) {
    return std::any_of(chosen.begin(), chosen.end(),
                       [&](const auto& other) { return flush.Overlaps(other); });
  };
  const auto leave_out = [&](const Flush& flush) {
    for (const auto* file : flush.files) LeaveOut(*file, "other files have the rows of its flush");
  };
  std::vector<Flush> doubtful;
  for (auto& flush : flushes) {
    if (flush.max_lsn == kLsnZero) {
      chosen.push_back(std::move(flush));  // imports: they overlap nothing
    } else if (!flush.IsWhole()) {
      doubtful.push_back(std::move(flush));
    } else if (overlaps_chosen(flush)) {
      leave_out(flush);
    } else {
      chosen.push_back(std::move(flush));
    }
  }
  // The log can only bring back rows above all flushes that count: a start skips the rows below.
  auto greatest = kLsnZero;
  for (const auto& flush : chosen) greatest = std::max(greatest, flush.max_lsn);
  for (auto& flush : doubtful) {
    if (overlaps_chosen(flush)) {
      leave_out(flush);
    } else if (flush.min_lsn > greatest && flush.IsInLog()) {
      result_.in_log_count += flush.files.size();
    } else {
      greatest = std::max(greatest, flush.max_lsn);
      if (flush.part_count > 0) {
        result_.incomplete.push_back(
            {flush.files.front()->found.entry.path,
             fmt::format("of the {} files of its flush {} are there: rows of {} are missing",
                         flush.part_count, flush.files.size(), measurement.name.ToString())});
      }
      chosen.push_back(std::move(flush));
    }
  }
  return chosen;
}

}  // namespace arc::offline
