// The answers of SHOW DATABASES and SHOW TABLES as rows.

#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "access/auth/principal.h"
#include "data/buffer/live_measurements.h"
#include "data/catalog/catalog.h"
#include "query/execution/row_source.h"
#include "query/execution/show_statement.h"

namespace arc::execution {

// Holds the whole list, so an interrupt has no effect.
class ShowRows : public RowSource {
 public:
  // `database`: the one that SHOW TABLES without a name lists. Lists only what `reader` may read.
  ShowRows(const ShowStatement& show, const std::string& database, const auth::Principal& reader,
           const catalog::Catalog& catalog, const buffer::LiveMeasurements& tables);

  const std::vector<engine::ResultColumnInfo>& columns() const override { return columns_; }
  Result<const engine::ResultChunk*> Next(std::uint64_t rows_max) override;
  Result<bool> HasMore() override { return next_row_ < row_count_; }
  buffer::BatchSet batches() const override { return {}; }

 private:
  void ListDatabaseNames(const catalog::Catalog& catalog, const buffer::LiveMeasurements& tables,
                         const auth::Principal& reader);
  void ListTables(const std::string& database, const catalog::Catalog& catalog,
                  const buffer::LiveMeasurements& tables, const auth::Principal& reader);
  std::string_view Keep(std::string text) { return texts_.emplace_back(std::move(text)); }

  std::vector<engine::ResultColumnInfo> columns_;
  std::deque<std::string> texts_;  // the views point into these
  // The values of the columns; those of the other statement stay empty.
  std::vector<std::string_view> databases_, names_, paths_;
  std::vector<std::int64_t> file_counts_;
  std::vector<double> megabytes_;
  std::size_t row_count_ = 0;
  std::size_t next_row_ = 0;
  engine::ResultChunk chunk_;
};

}  // namespace arc::execution
