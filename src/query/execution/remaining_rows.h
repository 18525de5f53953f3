// The rows of a query that may go without damaged files.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "foundation/base/mutex.h"
#include "query/execution/row_source.h"

namespace arc::execution {

// A file that turns out to be damaged before the first rows were given out is left out by starting
// over. After them it fails the query, which then succeeds when it is asked again: the file is
// known.
//
// Threads: as engine::QueryRun.
class RemainingRows : public RowSource {
 public:
  // `run` was started with `request`. `engine` outlives it.
  RemainingRows(engine::Engine& engine, engine::QueryRequest request,
                std::unique_ptr<engine::QueryRun> run);

  const std::vector<engine::ResultColumnInfo>& columns() const override { return columns_; }
  Result<const engine::ResultChunk*> Next(std::uint64_t rows_max) override;
  Result<bool> HasMore() override;
  std::uint64_t rows_to_scan() const override;
  std::optional<engine::LeftOut> left_out() const override;
  std::shared_ptr<engine::QueryStop> stop() const override { return request_.stop; }
  buffer::BatchSet batches() const override;

 private:
  // What `step` does on the run, over again on new ones while that meets damaged files.
  template <class Step>
  auto Try(const Step& step) -> decltype(step(std::declval<engine::QueryRun&>()));
  // Whether it could go without more files than before.
  Result<bool> StartOver();
  // Null between two runs.
  std::shared_ptr<engine::QueryRun> run() const;
  void SetRun(std::shared_ptr<engine::QueryRun> run);

  engine::Engine& engine_;
  const engine::QueryRequest request_;
  const std::vector<engine::ResultColumnInfo> columns_;
  bool has_given_rows_ = false;

  mutable Mutex mutex_;
  std::shared_ptr<engine::QueryRun> run_ GUARDED_BY(mutex_);
};

}  // namespace arc::execution
