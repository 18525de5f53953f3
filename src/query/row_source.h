// Where the rows of a query come from: the engine, or a list that the server makes itself.

#pragma once

#include <vector>

#include "base/result.h"
#include "engine/engine.h"

namespace arc::query {

// As engine::QueryRun, whose contract this is.
class RowSource {
 public:
  virtual ~RowSource() = default;
  virtual const std::vector<engine::ResultColumnInfo>& columns() const = 0;
  virtual Result<const engine::ResultChunk*> Next() = 0;
  virtual void Interrupt(engine::InterruptReason reason) = 0;
  virtual buffer::BatchSet batches() const = 0;
};

class EngineRows : public RowSource {
 public:
  explicit EngineRows(std::unique_ptr<engine::QueryRun> run) : run_(std::move(run)) {}
  const std::vector<engine::ResultColumnInfo>& columns() const override { return run_->columns(); }
  Result<const engine::ResultChunk*> Next() override { return run_->Next(); }
  void Interrupt(engine::InterruptReason reason) override { run_->Interrupt(reason); }
  buffer::BatchSet batches() const override { return run_->batches(); }

 private:
  const std::unique_ptr<engine::QueryRun> run_;
};

}  // namespace arc::query
