#include "query/engine/engine_test_base.h"

#include <filesystem>

#include "foundation/base/check.h"
#include "foundation/fs/file_system.h"
#include "query/engine/chunk_converter.h"
#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

namespace {

template <class T>
T Must(Result<T> result) {
  if (!result.ok()) CheckFailed(__FILE__, __LINE__, "ok", LogText(result.error()).c_str());
  return std::move(result).TakeValue();
}
void Must(const Result<void>& result) {
  if (!result.ok()) CheckFailed(__FILE__, __LINE__, "ok", LogText(result.error()).c_str());
}

std::string CellText(const ResultColumn& column, std::size_t row) {
  if (!column.IsValid(row)) return "NULL";
  switch (column.kind) {
    case ResultKind::kNull:
      return "NULL";
    case ResultKind::kBool:
      return column.As<bool>()[row] ? "true" : "false";
    case ResultKind::kInt8:
      return std::to_string(column.As<std::int8_t>()[row]);
    case ResultKind::kInt16:
      return std::to_string(column.As<std::int16_t>()[row]);
    case ResultKind::kInt32:
    case ResultKind::kDate:
      return std::to_string(column.As<std::int32_t>()[row]);
    case ResultKind::kInt64:
    case ResultKind::kTimestampMicros:
    case ResultKind::kLocalMicros:
    case ResultKind::kLocalNanos:
      return std::to_string(column.As<std::int64_t>()[row]);
    case ResultKind::kUint8:
      return std::to_string(column.As<std::uint8_t>()[row]);
    case ResultKind::kUint16:
      return std::to_string(column.As<std::uint16_t>()[row]);
    case ResultKind::kUint32:
      return std::to_string(column.As<std::uint32_t>()[row]);
    case ResultKind::kUint64:
      return std::to_string(column.As<std::uint64_t>()[row]);
    case ResultKind::kFloat:
      return duckdb::Value::FLOAT(column.As<float>()[row]).ToString();
    case ResultKind::kDouble:
      return duckdb::Value::DOUBLE(column.As<double>()[row]).ToString();
    case ResultKind::kText:
    case ResultKind::kNumberText:
      return std::string(column.Text(row));
  }
  return "";
}

std::string ErrorText(const Error& error) {
  return "ERROR " + NameOf(error.code) + ": " + error.message;
}

}  // namespace

std::string NameOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidInput:
      return "kInvalidInput";
    case ErrorCode::kForbidden:
      return "kForbidden";
    case ErrorCode::kTooLarge:
      return "kTooLarge";
    case ErrorCode::kOverloaded:
      return "kOverloaded";
    case ErrorCode::kDeadlinePassed:
      return "kDeadlinePassed";
    case ErrorCode::kCancelled:
      return "kCancelled";
    case ErrorCode::kCorruptData:
      return "kCorruptData";
    case ErrorCode::kStorageFailed:
      return "kStorageFailed";
    case ErrorCode::kInternal:
      return "kInternal";
    default:
      return "another code";
  }
}

struct World::Twin {
  Twin() : connection(database) { Run("SET TimeZone = 'UTC'"); }
  duckdb::unique_ptr<duckdb::MaterializedQueryResult> Run(const std::string& sql) {
    auto result = connection.Query(sql);
    if (result->HasError()) {
      CheckFailed(__FILE__, __LINE__, sql.c_str(), result->GetError().c_str());
    }
    return result;
  }
  duckdb::DuckDB database{nullptr};
  duckdb::Connection connection;
};

World::World(Options options) : live_measurements_(MeasurementId{}, kLsnZero) {
  for (const char* folder : {"data", "temp"}) {
    std::filesystem::create_directory(directory_ / folder);
  }
  catalog_ = Must(catalog::Catalog::Open({.path = directory_ / "catalog.db"},
                                         fs::FileSystem::Local(), Clock::System()));
  EngineOptions engine_options;
  engine_options.storage_root = directory_ / "data";
  engine_options.temp_directory = directory_ / "temp";
  engine_options.memory_limit_bytes = options.memory_limit_bytes;
  engine_options.thread_count = options.thread_count;
  engine_ = Must(Engine::Open(engine_options, *catalog_, live_measurements_, metrics_));
  twin_ = std::make_unique<Twin>();
}

World::~World() {
  engine_.reset();
  Must(catalog_->Close());
}

std::uint64_t World::files_opened() {
  return metrics_.AddCounter("arc_query_files_opened_total", "").value();
}

void World::Plain(const std::string& sql) { twin_->Run(sql); }

void World::AddFile(const MeasurementName& name, const std::vector<SchemaColumn>& columns,
                    const std::string& select, const std::string& copy_options) {
  const auto path = "file-" + std::to_string(files_written_++) + ".parquet";
  twin_->Run("COPY (" + select + ") TO '" + StoragePath(path) + "' (" + copy_options + ")");
  const auto facts =
      twin_->Run("SELECT min(time), max(time), count(*) FROM '" + StoragePath(path) + "'");
  catalog::FileEntry file;
  file.path = path;
  file.min_time = facts->GetValue(0, 0).GetValueUnsafe<std::int64_t>();
  file.max_time = facts->GetValue(1, 0).GetValueUnsafe<std::int64_t>();
  file.row_count = facts->GetValue(2, 0).GetValue<std::uint64_t>();
  file.byte_count = std::filesystem::file_size(StoragePath(path));
  AddExistingFile(name, columns, file);
}

void World::AddExistingFile(const MeasurementName& name, const std::vector<SchemaColumn>& columns,
                            const catalog::FileEntry& file) {
  AddExistingFiles(name, columns, {file});
}

void World::AddExistingFiles(const MeasurementName& name, const std::vector<SchemaColumn>& columns,
                             std::vector<catalog::FileEntry> files) {
  const auto measurement = live_measurements_.FindOrCreate(name).value();
  catalog::MeasurementChange change;
  change.id = measurement->id();
  change.name = name;
  change.schema = std::make_shared<const RowSchema>(columns);
  change.added_files = std::move(files);
  Must(catalog_->CommitAndWait({{std::move(change)}}));
}

Lsn World::Publish(const MeasurementName& name, ColumnBatch batch) {
  const auto lsn = next_lsn();
  PublishUnseen(name, lsn, std::move(batch));
  live_measurements_.AdvanceVisible(lsn);
  return lsn;
}

void World::PublishUnseen(const MeasurementName& name, Lsn lsn, ColumnBatch batch) {
  std::vector<SchemaColumn> columns;
  for (const auto& column : batch.columns) {
    columns.push_back({column.name, column.type(), column.role});
  }
  const auto measurement = live_measurements_.FindOrCreate(name).value();
  const auto registered = measurement->registered_schema();
  auto joined = JoinSchemas(registered, RowSchema(columns));
  CHECK(joined != nullptr, "batches of a test must join");
  CHECK(measurement->ReplaceRegisteredSchema(registered, std::move(joined)), "one writer");
  measurement->Publish(lsn, std::make_shared<const ColumnBatch>(std::move(batch)), {});
}

std::string World::Ours(const std::string& sql, const std::string& database,
                        std::function<bool(std::string_view, std::string_view)> may_read) {
  return Ours(QueryRequest{sql, database, std::move(may_read)});
}

std::string World::Ours(const QueryRequest& request) {
  const auto run = engine_->Start(request);
  return run.ok() ? TextOf(*run.value()) : ErrorText(run.error());
}

std::string World::Theirs(const std::string& sql) {
  auto result = twin_->connection.SendQuery(sql);
  if (result->HasError()) return "ERROR " + result->GetError();
  ChunkConverter converter(*twin_->connection.context, result->types, result->names);
  std::string text;
  while (auto chunk = result->Fetch()) {
    if (chunk->size() == 0) break;
    text += TextOf(converter.Convert(*chunk));
  }
  return result->HasError() ? "ERROR " + result->GetError() : text;
}

std::string TextOf(const ResultChunk& chunk) {
  std::string text;
  for (std::size_t row = 0; row < chunk.row_count; row++) {
    for (std::size_t i = 0; i < chunk.columns.size(); i++) {
      if (i > 0) text += ", ";
      text += CellText(chunk.columns[i], row);
    }
    text += "\n";
  }
  return text;
}

std::string TextOf(QueryRun& run) {
  std::string text;
  for (;;) {
    const auto chunk = run.Next();
    if (!chunk.ok()) return ErrorText(chunk.error());
    if (chunk.value() == nullptr) return text;
    text += TextOf(*chunk.value());
  }
}

}  // namespace arc::engine
