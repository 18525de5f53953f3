#include "query/execution/show_rows.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "foundation/model/names.h"
#include "query/execution/listing.h"

namespace arc::execution {
namespace {

using engine::ResultColumn;
using engine::ResultKind;

constexpr std::size_t kChunkRows = 2048;

// Megabytes, rounded to two decimals.
double Megabytes(std::uint64_t bytes) { return std::round(static_cast<double>(bytes) / 1e4) / 1e2; }

}  // namespace

ShowRows::ShowRows(const ShowStatement& show, const std::string& database,
                   const auth::Principal& reader, const catalog::Catalog& catalog,
                   const buffer::LiveMeasurements& tables) {
  if (show.what == ShowStatement::What::kDatabases) {
    columns_ = {{"database", ResultKind::kText, "VARCHAR"}};
    ListDatabaseNames(catalog, tables, reader);
    return;
  }
  columns_ = {{"database", ResultKind::kText, "VARCHAR"},
              {"table_name", ResultKind::kText, "VARCHAR"},
              {"storage_path", ResultKind::kText, "VARCHAR"},
              {"file_count", ResultKind::kInt64, "BIGINT"},
              {"total_size_mb", ResultKind::kDouble, "DOUBLE"}};
  auto wanted = show.database.empty() ? database : show.database;
  if (wanted.empty()) wanted = kDefaultDatabase;
  ListTables(wanted, catalog, tables, reader);
}

void ShowRows::ListDatabaseNames(const catalog::Catalog& catalog,
                                 const buffer::LiveMeasurements& tables,
                                 const auth::Principal& reader) {
  for (auto& database : ListDatabases(catalog, tables, reader)) {
    databases_.push_back(Keep(std::move(database.name)));
  }
  row_count_ = databases_.size();
}

void ShowRows::ListTables(const std::string& database, const catalog::Catalog& catalog,
                          const buffer::LiveMeasurements& tables, const auth::Principal& reader) {
  for (auto& measurement : ListMeasurements(catalog, tables, reader, database)) {
    paths_.push_back(Keep(measurement.database + "/" + measurement.name));
    databases_.push_back(Keep(std::move(measurement.database)));
    names_.push_back(Keep(std::move(measurement.name)));
    file_counts_.push_back(static_cast<std::int64_t>(measurement.file_count));
    megabytes_.push_back(Megabytes(measurement.byte_count));
  }
  row_count_ = names_.size();
}

Result<const engine::ResultChunk*> ShowRows::Next(std::uint64_t rows_max) {
  if (next_row_ == row_count_) return static_cast<const engine::ResultChunk*>(nullptr);
  const auto first = next_row_;
  chunk_.row_count = std::min<std::uint64_t>({kChunkRows, rows_max, row_count_ - first});
  next_row_ += chunk_.row_count;
  chunk_.columns = {{ResultKind::kText, databases_.data() + first, nullptr}};
  if (columns_.size() > 1) {
    chunk_.columns.push_back({ResultKind::kText, names_.data() + first, nullptr});
    chunk_.columns.push_back({ResultKind::kText, paths_.data() + first, nullptr});
    chunk_.columns.push_back({ResultKind::kInt64, file_counts_.data() + first, nullptr});
    chunk_.columns.push_back({ResultKind::kDouble, megabytes_.data() + first, nullptr});
  }
  return &chunk_;
}

}  // namespace arc::execution
