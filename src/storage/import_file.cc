#include "storage/import_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "storage/import_source.h"

namespace arc::storage {
namespace {

Error Invalid(std::string message) { return {ErrorCode::kInvalidInput, std::move(message)}; }

Result<std::unique_ptr<ImportSource>> OpenSource(fs::FileSystem& file_system,
                                                 const ImportRequest& request,
                                                 const TableSchema& known) {
  switch (request.format) {
    case ImportFormat::kCsv:
      return OpenCsvSource(file_system, request, known);
    case ImportFormat::kParquet:
      return OpenParquetSource(file_system, request);
  }
  return Invalid("unknown import format");
}

// Why the offered columns cannot join the known ones.
Error Misfit(const TableSchema& known, const std::vector<SchemaColumn>& offered) {
  for (const auto& column : offered) {
    const auto index = known.IndexOf(column.name);
    if (index == TableSchema::kNotFound) continue;
    const auto held = known.columns()[index].type;
    ColumnType joined;
    if (JoinTypes(held, column.type, joined)) continue;
    return Invalid(fmt::format("column \"{}\": holds {}, the file offers {}", column.name,
                               ToString(held), ToString(column.type)));
  }
  return {ErrorCode::kInternal, "the columns of the file do not join the measurement's"};
}

// The file's own columns, in its order, with the names, types and roles that the measurement gives
// them.
std::shared_ptr<const TableSchema> Narrowed(const TableSchema& joined,
                                            const std::vector<SchemaColumn>& offered) {
  std::vector<SchemaColumn> columns;
  for (const auto& column : offered) {
    columns.push_back(joined.columns()[joined.IndexOf(column.name)]);
  }
  return std::make_shared<const TableSchema>(std::move(columns));
}

ImportResult Summary(const ImportRequest& request, const TableSchema& schema,
                     const std::vector<StagedFile>& files) {
  ImportResult result;
  result.database = request.table.database;
  result.measurement = request.table.measurement;
  result.partitions_created = files.size();
  result.time_range_min = files.front().entry.min_time;
  result.time_range_max = files.front().entry.max_time;
  for (const auto& file : files) {
    result.rows_imported += file.entry.row_count;
    result.time_range_min = std::min(result.time_range_min, file.entry.min_time);
    result.time_range_max = std::max(result.time_range_max, file.entry.max_time);
  }
  result.columns.emplace_back("time");
  for (const auto& column : schema.columns()) result.columns.push_back(column.name);
  return result;
}

}  // namespace

// Collects batches until they are worth files, and the files until all are written; discards them
// unless they are taken.
class Importer::Chunks {
 public:
  Chunks(const Importer& importer, const TableName& table, MeasurementId id,
         std::shared_ptr<const TableSchema> schema)
      : importer_(importer), table_(table), id_(id), schema_(std::move(schema)) {}
  Chunks(const Chunks&) = delete;
  Chunks& operator=(const Chunks&) = delete;
  ~Chunks() { DiscardStaged(importer_.file_system_, files_); }

  Result<void> Add(ColumnBatch batch) {
    row_count_ += batch.row_count();
    byte_count_ += MemoryBytes(batch);
    const auto row_end = batch.row_count();
    slices_.push_back({std::make_shared<const ColumnBatch>(std::move(batch)), 0, row_end});
    const auto& limits = importer_.limits_;
    if (row_count_ < limits.chunk_rows_max && byte_count_ < limits.chunk_bytes_max) return {};
    return Write();
  }

  // Writes what is left.
  Result<std::vector<StagedFile>> Finish() && {
    TRY(Write());
    return std::exchange(files_, {});
  }

 private:
  Result<void> Write() {
    const FileLabels labels{id_, kLsnZero, kLsnZero};
    auto staged =
        TRY(importer_.stager_.Stage({table_, labels, *schema_, slices_, AfterWriting::kClose}));
    std::move(staged.begin(), staged.end(), std::back_inserter(files_));
    slices_.clear();
    row_count_ = 0;
    byte_count_ = 0;
    return {};
  }

  const Importer& importer_;
  const TableName& table_;
  const MeasurementId id_;
  const std::shared_ptr<const TableSchema> schema_;
  std::vector<buffer::BatchSlice> slices_;
  std::size_t row_count_ = 0;
  std::size_t byte_count_ = 0;
  std::vector<StagedFile> files_;
};

Importer::Importer(Limits limits, fs::FileSystem& file_system, FileStager& stager,
                   FilePublisher& publisher, buffer::LiveTables& live_tables)
    : limits_(limits),
      file_system_(file_system),
      stager_(stager),
      publisher_(publisher),
      live_tables_(live_tables) {}

Result<ImportResult> Importer::Import(const ImportRequest& request) {
  const auto started = std::chrono::steady_clock::now();
  const auto known = live_tables_.Find(request.table.database, request.table.measurement);
  const auto source = TRY(OpenSource(
      file_system_, request, known == nullptr ? TableSchema() : *known->registered_schema()));
  auto first = TRY(source->Next());
  if (!first) return Invalid("the file has no rows");

  const auto live = TRY(FindOrCreate(request.table));
  const auto schema = TRY(Admit(*live, source->columns()));
  Chunks chunks(*this, request.table, live->id(), schema);
  for (auto batch = std::move(first); batch; batch = TRY(source->Next())) {
    TRY(chunks.Add(std::move(*batch)));
  }
  Publication publication;
  publication.files = TRY(std::move(chunks).Finish());
  publication.change.id = live->id();
  publication.change.name = request.table;
  publication.change.schema = schema;
  auto result = Summary(request, *schema, publication.files);
  TRY(publisher_.PublishAndWait(std::move(publication)));
  result.duration = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - started);
  return result;
}

Result<std::shared_ptr<buffer::LiveMeasurement>> Importer::FindOrCreate(const TableName& table) {
  auto live = live_tables_.Find(table.database, table.measurement);
  if (live != nullptr) return live;
  if (live_tables_.measurement_count(table.database) < limits_.measurements_max) {
    return live_tables_.FindOrCreate(table);
  }
  return Invalid(
      fmt::format("measurement \"{}\" would be one more than the {} measurements a database may "
                  "have (ingest.max_measurements)",
                  table.measurement, limits_.measurements_max));
}

Result<std::shared_ptr<const TableSchema>> Importer::Admit(
    buffer::LiveMeasurement& live, const std::vector<SchemaColumn>& columns) const {
  const TableSchema offered(columns);
  while (true) {
    const auto registered = live.registered_schema();
    const auto joined = JoinSchemas(registered, offered);
    if (joined == nullptr) return Misfit(*registered, columns);
    if (joined->columns().size() > limits_.columns_max) {
      return Invalid(
          fmt::format("the measurement would have {} columns, more than the {} it may "
                      "have (ingest.max_columns)",
                      joined->columns().size(), limits_.columns_max));
    }
    if (joined == registered || live.ReplaceRegisteredSchema(registered, joined)) {
      return Narrowed(*joined, columns);
    }
  }
}

}  // namespace arc::storage
