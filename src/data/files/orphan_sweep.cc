#include "data/files/orphan_sweep.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <unordered_set>
#include <utility>
#include <vector>

#include "data/encoding/file_footer.h"
#include "data/files/partition.h"
#include "foundation/base/log.h"

namespace arc::files {
namespace {

constexpr std::int64_t kDayMicros = 86'400'000'000;

using Paths = std::unordered_set<std::string>;

// What a footer says about the rows of its file.
struct Claim {
  std::uint64_t measurement_id = 0, min_lsn = 0, max_lsn = 0;
  std::int64_t min_time = 0, max_time = 0;
  std::uint64_t row_count = 0;

  bool operator==(const Claim&) const = default;
};

std::int64_t DayOf(std::int64_t time) {
  return time / kDayMicros - (time % kDayMicros < 0 ? 1 : 0);
}

// Nothing when the file cannot be read, or is not of a flush.
std::optional<Claim> ReadClaim(fs::FileSystem& file_system, const std::string& path,
                               std::uint64_t byte_count) {
  const auto footer = encoding::ReadFileFooter(file_system, path, byte_count);
  if (!footer.ok()) {
    LogWarning("storage: {} cannot be read: {}", path, LogText(footer.error()));
    return std::nullopt;
  }
  const auto& found = footer.value();
  if (found.is_import()) return std::nullopt;
  return Claim{static_cast<std::uint64_t>(found.measurement_id),
               ToNumber(found.min_lsn),
               ToNumber(found.max_lsn),
               found.min_time,
               found.max_time,
               found.row_count};
}

// The rows of one measurement that a replay has put back.
class BufferedRows {
 public:
  explicit BufferedRows(const buffer::LiveMeasurement& live, Lsn last_lsn)
      : id_(static_cast<std::uint64_t>(live.id())), requests_(live.PeekRequests(last_lsn)) {}

  std::set<std::int64_t> Days() const {
    std::set<std::int64_t> days;
    ForEach([&](Lsn, std::int64_t time) { days.insert(DayOf(time)); });
    return days;
  }
  // Whether a file was written from these rows. A flush takes all rows of its LSNs, and each of its
  // files has all of them within its time range. So if the file's footer and these rows agree in
  // LSNs, time range and number of rows, the file has these rows and no others, and may go.
  bool AreThoseOf(const Claim& claim) const {
    Claim found{id_, claim.min_lsn, claim.max_lsn, claim.max_time, claim.min_time, 0};
    ForEach([&](Lsn lsn, std::int64_t time) {
      if (ToNumber(lsn) < claim.min_lsn || ToNumber(lsn) > claim.max_lsn) return;
      if (time < claim.min_time || time > claim.max_time) return;
      found.min_time = std::min(found.min_time, time);
      found.max_time = std::max(found.max_time, time);
      found.row_count++;
    });
    return found.row_count > 0 && found == claim;
  }

 private:
  template <class Visit>
  void ForEach(Visit visit) const {
    for (const auto& [slice, ends] : requests_) {
      std::size_t row = 0;
      for (const auto& [lsn, row_end] : ends) {
        for (; row < row_end; row++) visit(lsn, slice.batch->times[slice.row_begin + row]);
      }
    }
  }

  const std::uint64_t id_;
  const std::vector<RequestSlice> requests_;
};

class Sweep {
 public:
  Sweep(fs::FileSystem& file_system, const std::string& root, const catalog::Catalog& catalog,
        const FileIdSource& ids)
      : file_system_(file_system),
        root_(root),
        snapshot_(catalog.snapshot()),
        removed_(catalog.removed_files().All()),
        ids_(ids) {}

  Result<void> Visit(const buffer::LiveMeasurement& live, Lsn last_lsn) {
    known_ = Paths(removed_.begin(), removed_.end());
    if (const auto state = snapshot_->FindMeasurement(live.name())) {
      for (const auto& placed : state->files.blocks()) {
        for (const auto& file : placed.block->files) known_.insert(file->path);
      }
    }
    const BufferedRows rows(live, last_lsn);
    for (const auto day : rows.Days()) {
      const Partition partition{Partition::Unit::kDay, day, 0, 0};
      TRY(VisitFolder(PartitionFolder(live.name(), partition), rows));
    }
    return {};
  }
  std::uint64_t deleted_count() const { return deleted_count_; }

 private:
  Result<void> VisitFolder(const std::string& folder, const BufferedRows& rows) {
    auto listed = file_system_.List(root_ + "/" + folder);
    if (!listed.ok() && listed.error().code == ErrorCode::kNotFound) return {};
    bool has_changed = false;
    for (const auto& entry : TRY(std::move(listed))) {
      const auto path = folder + "/" + entry.name;
      if (entry.is_directory) {
        TRY(VisitFolder(path, rows));
      } else if (IsPublishedName(entry.name) && !ids_.IsOurs(entry.name) &&
                 !known_.contains(path)) {
        const auto claim = ReadClaim(file_system_, root_ + "/" + path, entry.byte_count);
        if (!claim || !rows.AreThoseOf(*claim)) continue;
        TRY(file_system_.Remove(root_ + "/" + path));
        has_changed = true;
        deleted_count_++;
      }
    }
    if (has_changed) TRY(file_system_.SyncDirectory(root_ + "/" + folder));
    return {};
  }

  fs::FileSystem& file_system_;
  const std::string& root_;
  const std::shared_ptr<const catalog::Snapshot> snapshot_;
  const std::vector<std::string> removed_;  // from the catalog, not deleted yet
  const FileIdSource& ids_;
  Paths known_;
  std::uint64_t deleted_count_ = 0;
};

}  // namespace

Result<std::uint64_t> SweepOrphans(fs::FileSystem& file_system, const std::string& root,
                                   const catalog::Catalog& catalog,
                                   const buffer::LiveMeasurements& tables,
                                   const FileIdSource& ids) {
  const auto last_lsn = tables.visible_lsn();
  Sweep sweep(file_system, root, catalog, ids);
  for (const auto& live : tables.ListUnflushed(last_lsn)) TRY(sweep.Visit(*live, last_lsn));
  return sweep.deleted_count();
}

}  // namespace arc::files
