// Reads what the footer of a data file of ours says about the file: docs/formats/files.md.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/model/lsn.h"
#include "foundation/model/names.h"

namespace arc::encoding {

struct FileFooter {
  MeasurementId measurement_id{};
  Lsn min_lsn = kLsnZero;  // both 0 for an import
  Lsn max_lsn = kLsnZero;
  // Which of how many files of its flush this is; both 0 when the footer does not say.
  std::uint32_t part = 0;
  std::uint32_t part_count = 0;
  std::vector<std::string> replaces;  // names of files in the measurement's folder
  std::int64_t min_time = 0;          // exact
  std::int64_t max_time = 0;
  std::uint64_t row_count = 0;

  bool is_import() const { return max_lsn == kLsnZero; }
};

// `byte_count`: of the file. Fails with kUnprocessable when it is not a Parquet file of ours or has
// no rows, or as the disk fails.
Result<FileFooter> ReadFileFooter(fs::FileSystem& file_system, const std::string& path,
                                  std::uint64_t byte_count);

}  // namespace arc::encoding
