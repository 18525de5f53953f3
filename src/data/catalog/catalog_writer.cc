#include "data/catalog/catalog_writer.h"

#include <cstddef>
#include <utility>

#include "data/catalog/catalog_file.h"

namespace arc::catalog {
namespace {

// The error of an insert that found its key in use, in words about what was to be inserted.
Error InsertError(Error error, const std::string& what_exists) {
  if (error.code == ErrorCode::kAlreadyExists) error.message = what_exists;
  return error;
}

std::uint64_t ToNumber(MeasurementId id) { return static_cast<std::uint64_t>(id); }

}  // namespace

bool IsRefusal(const Error& error) {
  return error.code == ErrorCode::kAlreadyExists || error.code == ErrorCode::kNotFound ||
         error.code == ErrorCode::kInvalidInput;
}

Result<std::unique_ptr<CatalogWriter>> CatalogWriter::Open(sqlite::SqliteConnection& connection) {
  std::unique_ptr<CatalogWriter> writer(new CatalogWriter());
  const std::pair<sqlite::SqliteStatement*, std::string_view> statements[] = {
      {&writer->begin_, "BEGIN IMMEDIATE"},
      {&writer->commit_, "COMMIT"},
      {&writer->rollback_, "ROLLBACK"},
      {&writer->savepoint_, "SAVEPOINT one_change"},
      {&writer->release_, "RELEASE one_change"},
      {&writer->rollback_to_savepoint_, "ROLLBACK TO one_change"},
      {&writer->insert_database_, "INSERT INTO databases (name, created_at) VALUES (?, ?)"},
      {&writer->insert_measurement_,
       "INSERT INTO measurements (id, database, name, flushed_lsn) VALUES (?, ?, ?, ?)"},
      {&writer->update_flushed_lsn_, "UPDATE measurements SET flushed_lsn = ? WHERE id = ?"},
      {&writer->put_column_,
       "INSERT OR REPLACE INTO columns (measurement_id, ordinal, name, type, is_tag)"
       " VALUES (?, ?, ?, ?, ?)"},
      {&writer->insert_file_,
       "INSERT INTO files (measurement_id, path, min_time, max_time, row_count, byte_count, level,"
       " sort_order, checksum, min_lsn, max_lsn, footer_bytes, footer_checksum)"
       " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
      {&writer->delete_file_, "DELETE FROM files WHERE path = ? AND measurement_id = ?"},
      {&writer->put_meta_, "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)"},
      {&writer->delete_database_, "DELETE FROM databases WHERE name = ?"},
      {&writer->delete_measurement_, "DELETE FROM measurements WHERE id = ?"},
      {&writer->delete_columns_, "DELETE FROM columns WHERE measurement_id = ?"},
      {&writer->delete_files_, "DELETE FROM files WHERE measurement_id = ?"},
      {&writer->insert_tombstone_, "INSERT INTO tombstones (measurement_id, lsn) VALUES (?, ?)"},
      {&writer->delete_tombstones_, "DELETE FROM tombstones WHERE lsn <= ?"},
      {&writer->insert_removed_file_, "INSERT INTO removed_files (path) VALUES (?)"},
      {&writer->insert_removed_files_,
       "INSERT INTO removed_files (path) SELECT path FROM files WHERE measurement_id = ?"},
      {&writer->find_removed_file_, "SELECT 1 FROM removed_files WHERE path = ?"},
      {&writer->delete_removed_file_, "DELETE FROM removed_files WHERE path = ?"},
  };
  for (const auto& [statement, sql] : statements) *statement = TRY(connection.Prepare(sql));
  return writer;
}

Result<void> CatalogWriter::Write(const ChangePlan& plan) {
  TRY(savepoint_.Run());
  auto written = WriteAll(plan);
  if (!written.ok()) {
    if (!IsRefusal(written.error())) return written;
    TRY(rollback_to_savepoint_.Run());
  }
  TRY(release_.Run());
  return written;
}

Result<void> CatalogWriter::WriteAll(const ChangePlan& plan) {
  for (const auto& database : plan.new_databases) {
    TRY(insert_database_.Bind(database->name).Bind(database->created_at).Run());
  }
  for (const auto& measurement : plan.measurements) TRY(WriteMeasurement(measurement));
  for (const auto& drop : plan.drops) TRY(WriteDrop(drop, plan.drop_lsn));
  if (!plan.dropped_database.empty()) TRY(delete_database_.Bind(plan.dropped_database).Run());
  if (plan.forgotten_tombstones) {
    TRY(delete_tombstones_.Bind(arc::ToNumber(*plan.forgotten_tombstones)).Run());
  }
  if (plan.forgotten_files != nullptr) {
    for (const auto& path : *plan.forgotten_files) TRY(delete_removed_file_.Bind(path).Run());
  }
  return {};
}

Result<void> CatalogWriter::WriteDrop(const MeasurementDrop& drop, Lsn lsn) {
  const auto id = ToNumber(drop.dropped.id);
  TRY(insert_tombstone_.Bind(id).Bind(arc::ToNumber(lsn)).Run());
  if (!drop.before) return {};
  TRY(insert_removed_files_.Bind(id).Run());
  TRY(delete_files_.Bind(id).Run());
  TRY(delete_columns_.Bind(id).Run());
  return delete_measurement_.Bind(id).Run();
}

Result<void> CatalogWriter::WriteMeasurement(const MeasurementPlan& plan) {
  const auto& change = *plan.change;
  if (!plan.before) {
    auto inserted = insert_measurement_.Bind(ToNumber(change.id))
                        .Bind(change.name.database)
                        .Bind(change.name.measurement)
                        .Bind(arc::ToNumber(plan.flushed_lsn))
                        .Run();
    if (!inserted.ok()) {
      return InsertError(std::move(inserted).TakeError(),
                         "measurement '" + change.name.ToString() + "' cannot be created: id " +
                             std::to_string(ToNumber(change.id)) + " is another's");
    }
  } else if (plan.before->flushed_lsn != plan.flushed_lsn) {
    TRY(update_flushed_lsn_.Bind(arc::ToNumber(plan.flushed_lsn)).Bind(ToNumber(change.id)).Run());
  }
  TRY(WriteColumns(plan));
  for (const auto& path : change.removed_paths) TRY(DeleteFile(change.id, path));
  for (const auto& file : change.added_files) TRY(InsertFile(change.id, file));
  return {};
}

// The columns before are the first ones after, possibly with wider types.
Result<void> CatalogWriter::WriteColumns(const MeasurementPlan& plan) {
  if (plan.before && plan.before->schema == plan.schema) return {};
  const auto& columns = plan.schema->columns();
  const std::size_t count_before = plan.before ? plan.before->schema->columns().size() : 0;
  for (std::size_t i = 0; i < columns.size(); i++) {
    const auto& column = columns[i];
    if (i < count_before && plan.before->schema->columns()[i] == column) continue;
    TRY(put_column_.Bind(ToNumber(plan.change->id))
            .Bind(std::uint64_t{i})
            .Bind(column.name)
            .Bind(ToString(column.type))
            .Bind(std::int64_t{column.role == ColumnRole::kTag})
            .Run());
  }
  return {};
}

Result<void> CatalogWriter::InsertFile(MeasurementId id, const FileEntry& file) {
  TRY(CheckIsNotRemoved(file.path));
  auto inserted = insert_file_.Bind(ToNumber(id))
                      .Bind(file.path)
                      .Bind(file.min_time)
                      .Bind(file.max_time)
                      .Bind(file.row_count)
                      .Bind(file.byte_count)
                      .Bind(std::int64_t{file.level})
                      .Bind(ToWord(file.sort_order))
                      .Bind(std::int64_t{file.checksum})
                      .Bind(arc::ToNumber(file.min_lsn))
                      .Bind(arc::ToNumber(file.max_lsn))
                      .Bind(std::int64_t{file.footer_bytes})
                      .Bind(std::int64_t{file.footer_checksum})
                      .Run();
  if (inserted.ok()) return inserted;
  return InsertError(std::move(inserted).TakeError(),
                     "file '" + file.path + "' is in the catalog already");
}

Result<void> CatalogWriter::DeleteFile(MeasurementId id, const std::string& path) {
  TRY(delete_file_.Bind(path).Bind(ToNumber(id)).Run());
  if (delete_file_.changed_row_count() == 1) return insert_removed_file_.Bind(path).Run();
  return Error{ErrorCode::kNotFound, "file '" + path + "' is not in the catalog any more"};
}

// A file under such a path would be unlinked.
Result<void> CatalogWriter::CheckIsNotRemoved(const std::string& path) {
  bool is_removed = false;
  find_removed_file_.Bind(path);
  while (TRY(find_removed_file_.Step())) is_removed = true;
  if (!is_removed) return {};
  return Error{ErrorCode::kAlreadyExists,
               "file '" + path + "' is not deleted yet, its path cannot be used again"};
}

Result<void> CatalogWriter::WriteGeneration(std::uint64_t generation, std::uint64_t digest) {
  TRY(put_meta_.Bind(kGenerationKey).Bind(generation).Run());
  return put_meta_.Bind(kDigestKey).Bind(digest).Run();
}

Result<void> CatalogWriter::WriteLastIds(const LastIds& last_ids) {
  TRY(put_meta_.Bind(kGreatestLsnKey).Bind(arc::ToNumber(last_ids.lsn)).Run());
  return put_meta_.Bind(kGreatestMeasurementIdKey).Bind(ToNumber(last_ids.measurement_id)).Run();
}

}  // namespace arc::catalog
