// The rows of a query that may leave out damaged files.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "foundation/base/mutex.h"
#include "query/execution/row_source.h"

namespace arc::execution {

// If a file turns out to be damaged before the first rows were returned, the query starts over
// without it. Later it fails the query; the same query then succeeds when it is sent again, because
// the file is known to be damaged.
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
  // Calls `step` on the run; while it fails because of damaged files, starts over and calls it
  // again.
  template <class Step>
  auto Try(const Step& step) -> decltype(step(std::declval<engine::QueryRun&>()));
  // Starts a new run. Returns whether it leaves out more files than the one before.
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
