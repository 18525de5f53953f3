// Which of the data files on disk a catalog must have that is made of them alone, so that the
// write-ahead log on top of them gives every row once.
//
// The files of one flush carry one range of LSNs and hold all rows of their measurement in it. A
// flush whose files are all there counts, whether the lost catalog had heard of it or not: the
// log's rows up to it are skipped then. A flush that lacks files was either cut short by a crash,
// and then the log has all of its rows, or lost a file later. So the log is asked: when it has the
// rows of each file that is there, they are left to it, and the next start deletes the files
// (orphan_sweep.h); when it has not, the files count, and what is missing of them is reported.
// Files of older servers do not tell how many they were: the same is asked of their last flushes.
//
// What files cannot tell: that a measurement was dropped and not made again, and what was never
// written to a file.

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
  TableName name;
  std::shared_ptr<const TableSchema> schema;
  std::vector<catalog::FileEntry> files;
  Lsn flushed_lsn = kLsnZero;
};

struct RebuiltCatalog {
  std::vector<RebuiltMeasurement> measurements;
  // Measurements of which the log has rows although another one has their name since.
  std::vector<std::pair<TableName, MeasurementId>> dropped;
  MeasurementId greatest_id{};
  Lsn greatest_lsn = kLsnZero;
  std::uint64_t import_file_count = 0;  // of the files that count
  std::uint64_t in_log_count = 0;       // files that were left to the log
  // Files that do not count, and flushes that lack files: each with its reason.
  struct Remark {
    std::string path;
    std::string reason;
  };
  std::vector<Remark> left_out;
  std::vector<Remark> incomplete;
};

// Lifetime: of one rebuild. Threads: one. Use: AddLogged for every row of the log, then Finish.
class RebuildPlan {
 public:
  explicit RebuildPlan(std::vector<FoundFile> files);
  RebuildPlan(RebuildPlan&&) noexcept;
  ~RebuildPlan();

  // Rows of one request for one measurement, with these times.
  void AddLogged(const TableName& name, MeasurementId id, Lsn lsn,
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
  std::map<TableName, MeasurementId> newest_;  // the greatest id that had the name
  RebuiltCatalog result_;
};

}  // namespace arc::offline
