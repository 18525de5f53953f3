#include "data/imports/import_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "data/imports/import_source.h"
#include "foundation/base/invalid.h"

namespace arc::imports {
namespace {

Result<std::unique_ptr<ImportSource>> OpenSource(fs::FileSystem& file_system,
                                                 const ImportRequest& request,
                                                 const RowSchema& known) {
  switch (request.format) {
    case ImportFormat::kCsv:
      return OpenCsvSource(file_system, request, known);
    case ImportFormat::kParquet:
      return OpenParquetSource(file_system, request);
  }
  return Invalid("unknown import format");
}

// Checks that integers which become floats lose no digit.
Result<void> CheckIntegers(const ColumnBatch& batch, const RowSchema& measurement) {
  for (const auto& column : batch.columns) {
    const auto* integers = std::get_if<std::vector<std::int64_t>>(&column.values);
    const auto& joined = measurement.columns()[measurement.IndexOf(column.name)];
    if (integers == nullptr || joined.type != ColumnType::kDouble) continue;
    for (std::size_t row = 0; row < integers->size(); row++) {
      if (!column.IsValid(row) || FloatKeeps((*integers)[row])) continue;
      return Invalid(
          fmt::format("column \"{}\": holds float, which does not keep all digits of {}; "
                      "long_numbers=round rounds such numbers",
                      joined.name, (*integers)[row]));
    }
  }
  return {};
}

ImportResult Summary(const ImportRequest& request, const ImportSource& source,
                     const RowSchema& schema, const std::vector<files::StagedFile>& files) {
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
  for (const auto& column : source.columns()) {
    result.columns.push_back(schema.columns()[schema.IndexOf(column.name)].name);
  }
  result.skipped = source.skipped();
  result.warnings = source.warnings();
  return result;
}

}  // namespace

Importer::Importer(ImportLimits limits, fs::FileSystem& file_system, files::FileStager& stager,
                   files::FilePublisher& publisher, buffer::LiveMeasurements& live_measurements)
    : limits_(limits),
      file_system_(file_system),
      stager_(stager),
      publisher_(publisher),
      live_measurements_(live_measurements) {}

Result<ImportResult> Importer::Import(const ImportRequest& request) {
  const auto started = std::chrono::steady_clock::now();
  ImportPart part(request.table, limits_, live_measurements_, file_system_, stager_);
  const auto source = TRY(OpenSource(file_system_, request, *part.schema()));
  TRY(part.Offer(source->columns()));
  while (auto batch = TRY(source->Next())) {
    if (request.long_numbers != LongNumbers::kRound) {
      TRY(CheckIntegers(*batch, *part.schema()));
    }
    TRY(part.Add(std::move(*batch)));
    if (part.row_count() >= limits_.chunk_rows_max ||
        part.byte_count() >= limits_.chunk_bytes_max) {
      TRY(part.Write());
    }
  }
  TRY(part.Write());
  if (part.files().empty()) return Invalid("the file has no rows");
  auto result = Summary(request, *source, *part.schema(), part.files());
  files::Publication publication;
  publication.changes.push_back(TRY(part.Register()));
  publication.files = part.TakeFiles();
  TRY(publisher_.PublishAndWait(std::move(publication)));
  result.duration = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - started);
  return result;
}

}  // namespace arc::imports
