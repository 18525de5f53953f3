#include "data/imports/import_part.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "foundation/base/check.h"
#include "foundation/base/invalid.h"

namespace arc::imports {
namespace {

// Why the offered columns cannot join the known ones.
Error Misfit(const MeasurementName& name, const RowSchema& known,
             const std::vector<SchemaColumn>& offered) {
  for (const auto& column : offered) {
    const auto index = known.IndexOf(column.name);
    if (index == RowSchema::kNotFound) continue;
    const auto held = known.columns()[index].type;
    ColumnType joined;
    if (JoinTypes(held, column.type, joined)) continue;
    return Invalid(fmt::format("measurement \"{}\", column \"{}\": holds {}, the file offers {}",
                               name.measurement, column.name, ToString(held),
                               ToString(column.type)));
  }
  return {ErrorCode::kInternal, "the columns of the file do not join the measurement's"};
}

Result<std::shared_ptr<const RowSchema>> Join(const MeasurementName& name,
                                              const std::shared_ptr<const RowSchema>& known,
                                              const RowSchema& offered,
                                              const IngestLimits& limits) {
  auto joined = JoinSchemas(known, offered);
  if (joined == nullptr) return Misfit(name, *known, offered.columns());
  for (auto i = known->columns().size(); i < joined->columns().size(); i++) {
    const auto problem = buffer::ColumnProblem(joined->columns()[i].name, i, limits);
    if (problem) return Invalid(fmt::format("measurement \"{}\", {}", name.measurement, *problem));
  }
  return joined;
}

// `columns` with the names, types and roles that they have in the measurement.
RowSchema Narrowed(const RowSchema& measurement, const RowSchema& columns) {
  std::vector<SchemaColumn> narrowed;
  for (const auto& column : columns.columns()) {
    narrowed.push_back(measurement.columns()[measurement.IndexOf(column.name)]);
  }
  return RowSchema(std::move(narrowed));
}

}  // namespace

Error TooManyMeasurements(const MeasurementName& name, const ImportLimits& limits) {
  return Invalid(
      fmt::format("measurement \"{}\" would be one more than the {} measurements a database may "
                  "have (ingest.max_measurements)",
                  name.measurement, limits.ingest.measurements_max));
}

ImportPart::ImportPart(MeasurementName name, const ImportLimits& limits,
                       buffer::LiveMeasurements& tables, fs::FileSystem& file_system,
                       files::FileStager& stager)
    : name_(std::move(name)),
      limits_(limits),
      tables_(tables),
      file_system_(file_system),
      stager_(stager),
      slices_schema_(std::make_shared<const RowSchema>()) {
  const auto live = tables.Find(name_.database, name_.measurement);
  is_known_ = live != nullptr;
  id_ = live ? live->id() : tables.ReserveId();
  schema_ = live ? live->registered_schema() : slices_schema_;
}

ImportPart::~ImportPart() { files::DiscardStaged(file_system_, files_); }

Result<void> ImportPart::Offer(const std::vector<SchemaColumn>& columns) {
  schema_ = TRY(Join(name_, schema_, RowSchema(columns), limits_.ingest));
  return {};
}

Result<void> ImportPart::Add(ColumnBatch batch) {
  for (const auto& column : batch.columns) {
    const auto longest = buffer::LongestAbove(column, limits_.ingest.value_bytes_max);
    if (longest == 0) continue;
    return Invalid(
        fmt::format("measurement \"{}\", column \"{}\": a value has {} bytes, more than the {} it "
                    "may have (ingest.max_value_size)",
                    name_.measurement, column.name, longest, limits_.ingest.value_bytes_max));
  }
  row_count_ += batch.row_count();
  byte_count_ += MemoryBytes(batch);
  const auto row_end = batch.row_count();
  slices_schema_ = JoinSchemas(slices_schema_, SchemaOf(batch));
  CHECK(slices_schema_ != nullptr, "BUG: rows of an import whose columns were not offered");
  slices_.push_back({std::make_shared<const ColumnBatch>(std::move(batch)), 0, row_end});
  return {};
}

Result<void> ImportPart::Write() {
  if (slices_.empty()) return {};
  const encoding::FileLabels labels{id_, kLsnZero, kLsnZero};
  const auto schema = Narrowed(*schema_, *slices_schema_);
  auto staged = TRY(stager_.Stage({name_, labels, schema, slices_, files::AfterWriting::kClose}));
  std::move(staged.begin(), staged.end(), std::back_inserter(files_));
  slices_.clear();
  slices_schema_ = std::make_shared<const RowSchema>();
  row_count_ = 0;
  byte_count_ = 0;
  return {};
}

std::vector<files::StagedFile> ImportPart::TakeFiles() { return std::exchange(files_, {}); }

Result<catalog::MeasurementChange> ImportPart::Register() {
  if (tables_.Find(name_.database, name_.measurement) == nullptr &&
      tables_.measurement_count(name_.database) >= limits_.ingest.measurements_max) {
    return TooManyMeasurements(name_, limits_);
  }
  const auto live = TRY(tables_.FindOrCreate(name_, id_));
  while (true) {
    const auto registered = live->registered_schema();
    auto joined = TRY(Join(name_, registered, *schema_, limits_.ingest));
    if (joined != registered && !live->ReplaceRegisteredSchema(registered, joined)) continue;
    catalog::MeasurementChange change;
    change.id = id_;
    change.name = name_;
    change.schema = std::move(joined);
    change.added_files = files::EntriesOf(files_);
    return change;
  }
}

}  // namespace arc::imports
