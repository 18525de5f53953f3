// Writes planned changes into SQLite.

#pragma once

#include <memory>
#include <string>

#include "data/catalog/change_plan.h"
#include "foundation/base/result.h"
#include "foundation/sqlite/sqlite.h"

namespace arc::catalog {

// Lifetime: shorter than its connection's. Threads: one at a time.
// Use: Begin(), any number of Write(), then Commit() or Rollback(). A failure that is not a refusal
// of Write() leaves the connection in an unknown state: close it and read the file anew.
class CatalogWriter {
 public:
  static Result<std::unique_ptr<CatalogWriter>> Open(sqlite::SqliteConnection& connection);

  Result<void> Begin() { return begin_.Run(); }
  // All of the change or nothing. Refuses with kAlreadyExists (an added path or a new id is in use)
  // or kNotFound (a removed path is not live); every other error is a failure.
  Result<void> Write(const ChangePlan& plan);
  Result<void> WriteLastIds(const LastIds& last_ids);
  Result<void> WriteGeneration(std::uint64_t generation, std::uint64_t digest);
  Result<void> Commit() { return commit_.Run(); }
  Result<void> Rollback() { return rollback_.Run(); }

 private:
  CatalogWriter() = default;
  Result<void> WriteAll(const ChangePlan& plan);
  Result<void> WriteMeasurement(const MeasurementPlan& plan);
  Result<void> WriteColumns(const MeasurementPlan& plan);
  Result<void> InsertFile(MeasurementId id, const FileEntry& file);
  Result<void> DeleteFile(MeasurementId id, const std::string& path);
  Result<void> CheckIsNotRemoved(const std::string& path);
  Result<void> WriteDrop(const MeasurementDrop& drop, Lsn lsn);

  sqlite::SqliteStatement begin_, commit_, rollback_, savepoint_, release_, rollback_to_savepoint_;
  sqlite::SqliteStatement insert_database_, insert_measurement_, update_flushed_lsn_, put_column_;
  sqlite::SqliteStatement insert_file_, delete_file_, put_meta_;
  sqlite::SqliteStatement delete_database_, delete_measurement_, delete_columns_, delete_files_;
  sqlite::SqliteStatement insert_tombstone_, delete_tombstones_;
  sqlite::SqliteStatement insert_removed_file_, insert_removed_files_, find_removed_file_;
  sqlite::SqliteStatement delete_removed_file_;
};

// Whether a change was refused for what it says; otherwise SQLite or the disk failed.
bool IsRefusal(const Error& error);

}  // namespace arc::catalog
