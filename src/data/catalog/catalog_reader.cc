#include "data/catalog/catalog_reader.h"

#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "data/catalog/catalog_file.h"
#include "data/catalog/digest.h"
#include "data/catalog/snapshot_builder.h"

namespace arc::catalog {
namespace {

Error Damage(const std::string& where, const std::string& what) {
  return Error{ErrorCode::kCorruptData, "the catalog is damaged: restore it from a copy",
               where + ": " + what};
}

// A measurement whose rows are still being read.
struct Unfinished {
  MeasurementName name;
  Lsn flushed_lsn;
  std::vector<SchemaColumn> columns;
  std::unordered_set<std::string> lower_names;
  std::vector<std::shared_ptr<const FileEntry>> files;
};

class CatalogReader {
 public:
  explicit CatalogReader(sqlite::SqliteConnection& connection) : connection_(connection) {}

  Result<CatalogContents> Read() {
    TRY(ReadMeta());
    TRY(ReadDatabases());
    TRY(ReadMeasurements());
    TRY(ReadColumns());
    TRY(ReadFiles());
    TRY(ReadTombstones());
    auto removed_files = TRY(ReadRemovedFiles());
    for (auto& [id, measurement] : measurements_) Finish(id, std::move(measurement));
    if (stored_digest_ && *stored_digest_ != digest_) {
      return Damage("meta",
                    "the rows are not those that were written last: a bit has flipped, or the -wal "
                    "file and the catalog are not of the same day");
    }
    return CatalogContents{{std::move(builder_).Build(), last_ids_, generation_,
                            std::make_shared<const Tombstones>(std::move(tombstones_))},
                           std::move(removed_files),
                           digest_};
  }

 private:
  Result<void> ReadMeta();
  Result<void> ReadDatabases();
  Result<void> ReadMeasurements();
  Result<void> ReadColumns();
  Result<void> ReadFiles();
  Result<void> ReadTombstones();
  Result<std::vector<std::string>> ReadRemovedFiles();
  Result<void> ReadColumn(const sqlite::SqliteStatement& row);
  Result<void> ReadFile(const sqlite::SqliteStatement& row);
  void Finish(MeasurementId id, Unfinished measurement);

  // Null when there is no such measurement. Rows of one follow each other more often than not.
  Unfinished* FindMeasurement(MeasurementId id) {
    if (last_found_ == nullptr || last_id_ != id) {
      const auto found = measurements_.find(id);
      last_found_ = found == measurements_.end() ? nullptr : &found->second;
      last_id_ = id;
    }
    return last_found_;
  }

  sqlite::SqliteConnection& connection_;
  SnapshotBuilder builder_;
  LastIds last_ids_;
  std::uint64_t generation_ = 0;
  std::uint64_t digest_ = 0;
  std::optional<std::uint64_t> stored_digest_;  // catalogs of before have none
  Tombstones tombstones_;
  std::unordered_map<MeasurementId, Unfinished> measurements_;  // stable addresses
  MeasurementId last_id_{};
  Unfinished* last_found_ = nullptr;
};

Result<void> CatalogReader::ReadMeta() {
  auto rows = TRY(connection_.Prepare("SELECT key, value FROM meta"));
  while (TRY(rows.Step())) {
    const auto key = rows.Text(0);
    if (key == kGreatestLsnKey) {
      last_ids_.lsn = Lsn{rows.Unsigned(1)};
    } else if (key == kGreatestMeasurementIdKey) {
      last_ids_.measurement_id = MeasurementId{rows.Unsigned(1)};
    } else if (key == kGenerationKey) {
      generation_ = rows.Unsigned(1);
    } else if (key == kDigestKey) {
      stored_digest_ = rows.Unsigned(1);
    } else {
      return Damage("meta", "unknown key " + std::string(key));
    }
  }
  return {};
}

Result<void> CatalogReader::ReadDatabases() {
  auto rows = TRY(connection_.Prepare("SELECT name, created_at FROM databases"));
  while (TRY(rows.Step())) {
    DatabaseState database{std::string(rows.Text(0)), rows.Number(1)};
    if (!IsDatabaseName(database.name)) return Damage("databases", "name " + database.name);
    digest_ += DigestOf(database);
    builder_.Put(std::make_shared<const DatabaseState>(std::move(database)));
  }
  return {};
}

Result<void> CatalogReader::ReadMeasurements() {
  auto rows = TRY(connection_.Prepare("SELECT id, database, name, flushed_lsn FROM measurements"));
  while (TRY(rows.Step())) {
    const MeasurementId id{rows.Unsigned(0)};
    MeasurementName name{std::string(rows.Text(1)), std::string(rows.Text(2))};
    if (!IsMeasurementName(name.measurement)) {
      return Damage("measurements", "name " + name.measurement);
    }
    if (!builder_.FindDatabase(name.database)) {
      return Damage("measurements", "no database " + name.database);
    }
    const Lsn flushed_lsn{rows.Unsigned(3)};
    last_ids_.Raise({flushed_lsn, id});
    measurements_.emplace(id, Unfinished{std::move(name), flushed_lsn, {}, {}, {}});
  }
  return {};
}

Result<void> CatalogReader::ReadColumns() {
  auto rows =
      TRY(connection_.Prepare("SELECT measurement_id, ordinal, name, type, is_tag"
                              " FROM columns ORDER BY measurement_id, ordinal"));
  while (TRY(rows.Step())) TRY(ReadColumn(rows));
  return {};
}

Result<void> CatalogReader::ReadColumn(const sqlite::SqliteStatement& row) {
  auto* measurement = FindMeasurement(MeasurementId{row.Unsigned(0)});
  SchemaColumn column{std::string(row.Text(2)), ColumnType::kNull,
                      row.Number(4) != 0 ? ColumnRole::kTag : ColumnRole::kField};
  if (measurement == nullptr) return Damage("columns", "no measurement for " + column.name);
  if (row.Unsigned(1) != measurement->columns.size()) {
    return Damage("columns", "ordinal of " + column.name);
  }
  if (!ParseColumnType(row.Text(3), column.type)) {
    return Damage("columns", "type of " + column.name);
  }
  if (!measurement->lower_names.insert(ToLower(column.name)).second) {
    return Damage("columns", "two are named " + column.name);
  }
  measurement->columns.push_back(std::move(column));
  return {};
}

// In no order: sorting the entries of each measurement is cheaper than having SQLite sort the rows
// of all.
Result<void> CatalogReader::ReadFiles() {
  auto rows = TRY(connection_.Prepare(
      "SELECT measurement_id, path, min_time, max_time, row_count, byte_count, level, sort_order,"
      " checksum, min_lsn, max_lsn, footer_bytes, footer_checksum FROM files"));
  while (TRY(rows.Step())) TRY(ReadFile(rows));
  return {};
}

Result<void> CatalogReader::ReadFile(const sqlite::SqliteStatement& row) {
  auto file = std::make_shared<FileEntry>();
  file->path = row.Text(1);
  file->min_time = row.Number(2);
  file->max_time = row.Number(3);
  file->row_count = row.Unsigned(4);
  file->byte_count = row.Unsigned(5);
  file->level = static_cast<std::uint8_t>(row.Number(6));
  file->checksum = static_cast<std::uint32_t>(row.Number(8));
  file->min_lsn = Lsn{row.Unsigned(9)};
  file->max_lsn = Lsn{row.Unsigned(10)};
  file->footer_bytes = static_cast<std::uint32_t>(row.Number(11));
  file->footer_checksum = static_cast<std::uint32_t>(row.Number(12));
  const MeasurementId id{row.Unsigned(0)};
  auto* measurement = FindMeasurement(id);
  if (measurement == nullptr) return Damage("files", "no measurement for " + file->path);
  if (!ParseSortOrder(row.Text(7), file->sort_order)) {
    return Damage("files", "sort order of " + file->path);
  }
  if (file->min_time > file->max_time) return Damage("files", "times of " + file->path);
  last_ids_.Raise({file->max_lsn, id});
  measurement->files.push_back(std::move(file));
  return {};
}

Result<void> CatalogReader::ReadTombstones() {
  auto rows = TRY(connection_.Prepare("SELECT measurement_id, lsn FROM tombstones"));
  while (TRY(rows.Step())) {
    const MeasurementId id{rows.Unsigned(0)};
    const Lsn lsn{rows.Unsigned(1)};
    if (FindMeasurement(id) != nullptr) {
      return Damage("tombstones", "measurement " + std::to_string(rows.Unsigned(0)) + " exists");
    }
    last_ids_.Raise({lsn, id});
    tombstones_.emplace(id, lsn);
    builder_.RememberDropped(id);
  }
  return {};
}

Result<std::vector<std::string>> CatalogReader::ReadRemovedFiles() {
  auto rows =
      TRY(connection_.Prepare("SELECT path, EXISTS (SELECT 1 FROM files WHERE files.path ="
                              " removed_files.path) FROM removed_files"));
  std::vector<std::string> paths;
  while (TRY(rows.Step())) {
    paths.emplace_back(rows.Text(0));
    if (rows.Number(1) != 0) return Damage("removed_files", paths.back() + " is not removed");
  }
  return paths;
}

void CatalogReader::Finish(MeasurementId id, Unfinished measurement) {
  auto schema = std::make_shared<const RowSchema>(std::move(measurement.columns));
  auto state = std::make_shared<const MeasurementState>(
      MeasurementState{id, std::move(measurement.name), std::move(schema), measurement.flushed_lsn,
                       FileSet().With(std::move(measurement.files), {})});
  digest_ += DigestOf(*state);
  builder_.Put(std::move(state));
}

}  // namespace

Result<CatalogContents> ReadCatalog(sqlite::SqliteConnection& connection) {
  return CatalogReader(connection).Read();
}

}  // namespace arc::catalog
