// What an import adds to one measurement.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "data/buffer/live_tables.h"
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
  // Rows that are sorted and cut into files together, of all measurements of one import.
  std::size_t chunk_rows_max = 500'000;
  std::size_t chunk_bytes_max = std::size_t{64} << 20;
};

// "measurement ... would be one more than the ... a database may have".
Error TooManyMeasurements(const TableName& name, const ImportLimits& limits);

// Rows are collected, then written to files aside. Nothing of it shows, not even a measurement or a
// column, before Register; what was not taken by then is discarded with this.
// Threads: one.
class ImportPart {
 public:
  // `tables` and `stager` outlive this.
  ImportPart(TableName name, const ImportLimits& limits, buffer::LiveTables& tables,
             fs::FileSystem& file_system, files::FileStager& stager);
  ImportPart(const ImportPart&) = delete;
  ImportPart& operator=(const ImportPart&) = delete;
  ~ImportPart();

  const TableName& name() const { return name_; }
  // The measurement has been there before the import.
  bool is_known() const { return is_known_; }
  // The columns of the measurement, and those offered.
  const std::shared_ptr<const TableSchema>& schema() const { return schema_; }

  // The import brings these columns. Fails with kInvalidInput when one's type does not join what is
  // there, or when there are too many.
  Result<void> Offer(const std::vector<SchemaColumn>& columns);
  // Rows; their columns have been offered. Fails with kInvalidInput when a string is too long.
  Result<void> Add(ColumnBatch batch);
  // Of the rows that are not written yet.
  std::size_t row_count() const { return row_count_; }
  std::size_t byte_count() const { return byte_count_; }
  // Writes them. Blocks on the disk.
  Result<void> Write();

  const std::vector<files::StagedFile>& files() const { return files_; }
  std::vector<files::StagedFile> TakeFiles();

  // The measurement exists from now on and has the columns; returns what the catalog is to change.
  // Fails like Offer, and with kOverloaded when another request has made, or makes, or drops a
  // measurement of this name. Requires: all rows are written.
  Result<catalog::MeasurementChange> Register();

 private:
  const TableName name_;
  const ImportLimits& limits_;
  buffer::LiveTables& tables_;
  fs::FileSystem& file_system_;
  files::FileStager& stager_;

  bool is_known_;
  MeasurementId id_;
  std::shared_ptr<const TableSchema> schema_;

  std::vector<BatchSlice> slices_;
  std::shared_ptr<const TableSchema> slices_schema_;  // the columns of the slices alone
  std::size_t row_count_ = 0;
  std::size_t byte_count_ = 0;
  std::vector<files::StagedFile> files_;
};

}  // namespace arc::imports
