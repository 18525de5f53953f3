// What an import adds to one measurement.
//
// In this order: Offer the columns, Add rows, Write them from time to time, TakeFiles and Register
// at the end.
//   Offer     joins the file's columns with the measurement's schema as this import knows it. It
//             changes only a copy.
//   Add       keeps rows in memory.
//   Write     makes staged files of them: complete files under temporary names (files/), which no
//             reader sees.
//   Register  joins the schema again with what the measurement has by now, creates the measurement
//             if it is new, and returns the change for the catalog. From here on the measurement
//             exists in memory; its files become visible when the caller publishes the change.
// If the import fails before that, the destructor removes the staged files. A crash leaves them on
// the disk; the next start removes them.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "data/buffer/live_measurements.h"
#include "data/buffer/schema_admission.h"
#include "data/catalog/change.h"
#include "data/files/file_stager.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/model/column_batch.h"
#include "foundation/model/ingest_limits.h"
#include "foundation/model/names.h"
#include "foundation/model/schema.h"

namespace arc::imports {

struct ImportLimits {
  IngestLimits ingest;
  // How much one import keeps in memory, over all its measurements, before rows are sorted and
  // written to files.
  std::size_t chunk_rows_max = 500'000;
  std::size_t chunk_bytes_max = std::size_t{64} << 20;
};

// "measurement ... would be one more than the ... a database may have".
Error TooManyMeasurements(const MeasurementName& name, const ImportLimits& limits);

// Before Register nobody else sees anything of it, not even a new measurement or column. The
// destructor removes the files that were not taken.
// Threads: one.
class ImportPart {
 public:
  // `tables` and `stager` outlive this.
  ImportPart(MeasurementName name, const ImportLimits& limits, buffer::LiveMeasurements& tables,
             fs::FileSystem& file_system, files::FileStager& stager);
  ImportPart(const ImportPart&) = delete;
  ImportPart& operator=(const ImportPart&) = delete;
  ~ImportPart();

  const MeasurementName& name() const { return name_; }
  // Whether the measurement existed before the import.
  bool is_known() const { return is_known_; }
  // The columns of the measurement, with those that were offered.
  const std::shared_ptr<const RowSchema>& schema() const { return schema_; }

  // Says that the import brings these columns. Fails with kInvalidInput when the type of one does
  // not join the measurement's, or when there are too many.
  Result<void> Offer(const std::vector<SchemaColumn>& columns);
  // Adds rows, whose columns must have been offered. Fails with kInvalidInput when a string is too
  // long.
  Result<void> Add(ColumnBatch batch);
  // How much of the rows is not written yet.
  std::size_t row_count() const { return row_count_; }
  std::size_t byte_count() const { return byte_count_; }
  // Writes these rows. Blocks on the disk.
  Result<void> Write();

  const std::vector<files::StagedFile>& files() const { return files_; }
  std::vector<files::StagedFile> TakeFiles();

  // Makes the measurement and its columns known to all. Returns the change for the catalog. Fails
  // like Offer, and with kOverloaded when another request has made, is making or is dropping a
  // measurement of this name. Requires: all rows are written.
  Result<catalog::MeasurementChange> Register();

 private:
  const MeasurementName name_;
  const ImportLimits& limits_;
  buffer::LiveMeasurements& tables_;
  fs::FileSystem& file_system_;
  files::FileStager& stager_;

  bool is_known_;
  MeasurementId id_;
  std::shared_ptr<const RowSchema> schema_;

  std::vector<BatchSlice> slices_;
  std::shared_ptr<const RowSchema> slices_schema_;  // only the columns that the slices have
  std::size_t row_count_ = 0;
  std::size_t byte_count_ = 0;
  std::vector<files::StagedFile> files_;
};

}  // namespace arc::imports
