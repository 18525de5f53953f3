// Short ways to write changes, and a snapshot as text, for the tests of this folder.

#pragma once

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "data/catalog/change.h"
#include "data/catalog/snapshot.h"

namespace arc::catalog {

// A file with rows of one hour from `min_time` on; its other values follow from these two.
inline FileEntry FileAt(const std::string& path, std::int64_t min_time) {
  FileEntry file;
  file.path = path;
  file.min_time = min_time;
  file.max_time = min_time + 3'600'000'000;
  file.row_count = 10 + path.size();
  file.byte_count = 1000 + path.size();
  file.level = static_cast<std::uint8_t>(path.size() % 3);
  file.sort_order = path.size() % 2 == 0 ? SortOrder::kTime : SortOrder::kTagsThenTime;
  file.checksum = 0x80000000U + static_cast<std::uint32_t>(path.size());
  file.footer_bytes = 100 + static_cast<std::uint32_t>(path.size());
  file.footer_checksum = 0x90000000U + static_cast<std::uint32_t>(path.size());
  return file;
}

inline std::shared_ptr<const RowSchema> SchemaOf(std::vector<SchemaColumn> columns) {
  return std::make_shared<const RowSchema>(std::move(columns));
}

// A change that adds files to measurement `name` of database "db".
inline MeasurementChange ChangeOf(std::uint64_t id, const std::string& name,
                                  std::vector<FileEntry> added = {}) {
  MeasurementChange change;
  change.id = MeasurementId{id};
  change.name = {"db", name};
  change.schema = SchemaOf({{"host", ColumnType::kString, ColumnRole::kTag},
                            {"value", ColumnType::kInt64, ColumnRole::kField}});
  change.added_files = std::move(added);
  return change;
}

inline CatalogChange Only(MeasurementChange change) { return {{std::move(change)}}; }

inline std::string Describe(const FileEntry& file) {
  std::ostringstream text;
  text << file.path << " [" << file.min_time << ", " << file.max_time << "] rows " << file.row_count
       << " bytes " << file.byte_count << " level " << int{file.level} << " order "
       << static_cast<int>(file.sort_order) << " checksum " << file.checksum << " footer "
       << file.footer_bytes << " " << file.footer_checksum << " lsn " << ToNumber(file.min_lsn)
       << "-" << ToNumber(file.max_lsn);
  return text.str();
}

inline std::string Describe(const MeasurementState& measurement) {
  std::ostringstream text;
  text << "  " << measurement.name.ToString() << " id "
       << static_cast<std::uint64_t>(measurement.id) << " flushed "
       << ToNumber(measurement.flushed_lsn) << "\n";
  for (const auto& column : measurement.schema->columns()) {
    text << "    column " << column.name << " " << ToString(column.type)
         << (column.role == ColumnRole::kTag ? " tag" : "") << "\n";
  }
  for (std::size_t i = 0; i < measurement.files.size(); i++) {
    text << "    file " << Describe(measurement.files[i]) << "\n";
  }
  return text.str();
}

// Everything that a snapshot says.
inline std::string Describe(const Snapshot& snapshot) {
  std::ostringstream text;
  text << snapshot.measurement_count() << " measurements\n";
  for (const auto& database : snapshot.Databases()) {
    text << database->name << " created at " << database->created_at << "\n";
    for (const auto& measurement : snapshot.Measurements(database->name)) {
      text << Describe(*measurement);
    }
  }
  return text.str();
}

}  // namespace arc::catalog
