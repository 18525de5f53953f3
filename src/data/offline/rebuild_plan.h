// Decides which of the data files on disk a new catalog must list, so that these files and the
// write-ahead log together give every row exactly once.
//
// All files of one flush carry the same range of LSNs, and together hold all rows of their
// measurement in that range.
// - A flush whose files are all there counts, whether the lost catalog listed them or not. A start
//   then skips the log's rows up to the end of its range.
// - A flush with missing files was either cut short by a crash, and then the log still has all its
//   rows, or it has lost a file later. So the log is asked. When the log has the rows of each file
//   that is there, the files do not count: replay brings the rows back, and the next start deletes
//   the files (orphan_sweep.h). When it does not, the files count, and the missing ones are
//   reported.
// - Files of older servers do not say how many files their flush made: the last flushes of each
//   measurement are treated like flushes with missing files.
//
// Files cannot tell that a measurement was dropped and not made again, nor what was never written
// to a file.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/catalog/file_entry.h"
#include "data/offline/found_files.h"
#include "foundation/model/lsn.h"
#include "foundation/model/names.h"
#include "foundation/model/schema.h"

namespace arc::offline {

struct RebuiltMeasurement {
  MeasurementId id{};
  MeasurementName name;
  std::shared_ptr<const RowSchema> schema;
  std::vector<catalog::FileEntry> files;
  Lsn flushed_lsn = kLsnZero;
};

struct RebuiltCatalog {
  std::vector<RebuiltMeasurement> measurements;
  // Measurements with rows in the log whose name belongs to a newer measurement.
  std::vector<std::pair<MeasurementName, MeasurementId>> dropped;
  MeasurementId greatest_id{};
  Lsn greatest_lsn = kLsnZero;
  std::uint64_t import_file_count = 0;  // of the files that count
  std::uint64_t in_log_count = 0;       // files that do not count because the log has their rows
  // Files that do not count, and flushes with missing files: each with its reason.
  struct Remark {
    std::string path;
    std::string reason;
  };
  std::vector<Remark> left_out;
  std::vector<Remark> incomplete;
};

// Lifetime: one rebuild. Threads: one. Use: AddLogged for all rows of the log, then Finish.
class RebuildPlan {
 public:
  explicit RebuildPlan(std::vector<FoundFile> files);
  RebuildPlan(RebuildPlan&&) noexcept;
  ~RebuildPlan();

  // Adds the rows of one request for one measurement; they have these times.
  void AddLogged(const MeasurementName& name, MeasurementId id, Lsn lsn,
                 std::span<const std::int64_t> times);
  RebuiltCatalog Finish() &&;

 private:
  struct File;
  struct Flush;
  struct Measurement;

  void ChooseName(Measurement& measurement);
  void Build(Measurement& measurement);
  std::vector<Flush> FlushesOf(Measurement& measurement);
  std::vector<Flush> Choose(Measurement& measurement, std::vector<Flush> flushes);
  void LeaveOut(const File& file, std::string reason);

  std::map<MeasurementId, Measurement> measurements_;
  std::map<MeasurementName, MeasurementId> newest_;  // the greatest id that had the name
  RebuiltCatalog result_;
};

}  // namespace arc::offline
