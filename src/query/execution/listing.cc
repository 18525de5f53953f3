#include "query/execution/listing.h"

#include <map>
#include <utility>

namespace arc::execution {
namespace {

using Names = std::map<std::pair<std::string, std::string>, MeasurementListing>;

using auth::Permission;

Names AllMeasurements(const catalog::Snapshot& snapshot, const buffer::LiveMeasurements& tables,
                      const auth::Principal& reader, std::string_view database) {
  Names names;
  const auto add = [&](const MeasurementName& name) -> MeasurementListing& {
    auto& listing = names[{name.database, name.measurement}];
    listing.database = name.database;
    listing.name = name.measurement;
    return listing;
  };
  for (const auto& known : snapshot.Databases()) {
    if (!database.empty() && known->name != database) continue;
    for (const auto& state : snapshot.Measurements(known->name)) {
      if (!reader.May(Permission::kRead, known->name, state->name.measurement)) continue;
      auto& listing = add(state->name);
      listing.file_count = state->files.size();
      listing.byte_count = state->files.byte_count();
    }
  }
  const auto visible = tables.visible_lsn();
  for (const auto& live : tables.List(database)) {
    const auto first = live->first_lsn();
    // A drop removes a measurement from the catalog first and from memory second, so the catalog
    // may know already that this one is dropped.
    if (first == kLsnZero || first > visible || snapshot.IsDropped(live->id())) continue;
    const auto& name = live->name();
    if (reader.May(Permission::kRead, name.database, name.measurement)) add(name);
  }
  return names;
}

}  // namespace

std::vector<DatabaseListing> ListDatabases(const catalog::Catalog& catalog,
                                           const buffer::LiveMeasurements& tables,
                                           const auth::Principal& reader) {
  const auto snapshot = catalog.snapshot();
  std::map<std::string, DatabaseListing> databases;
  for (const auto& known : snapshot->Databases()) {
    if (!reader.MayInDatabase(Permission::kRead, known->name)) continue;
    databases[known->name].name = known->name;
  }
  for (const auto& [name, listing] : AllMeasurements(*snapshot, tables, reader, "")) {
    auto& database = databases[name.first];
    database.name = name.first;
    database.measurement_count++;
  }
  for (auto& [name, database] : databases) {
    if (const auto known = snapshot->FindDatabase(name)) database.created_at = known->created_at;
  }
  std::vector<DatabaseListing> list;
  for (auto& [name, database] : databases) list.push_back(std::move(database));
  return list;
}

std::vector<MeasurementListing> ListMeasurements(const catalog::Catalog& catalog,
                                                 const buffer::LiveMeasurements& tables,
                                                 const auth::Principal& reader,
                                                 std::string_view database) {
  std::vector<MeasurementListing> list;
  for (auto& [name, listing] : AllMeasurements(*catalog.snapshot(), tables, reader, database)) {
    list.push_back(std::move(listing));
  }
  return list;
}

}  // namespace arc::execution
