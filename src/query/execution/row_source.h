// Where the rows of a query come from: the engine, or a list that the server makes itself.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "foundation/base/result.h"
#include "query/engine/engine.h"

namespace arc::execution {

// Has the contract of engine::QueryRun.
class RowSource {
 public:
  virtual ~RowSource() = default;
  virtual const std::vector<engine::ResultColumnInfo>& columns() const = 0;
  virtual Result<const engine::ResultChunk*> Next(std::uint64_t rows_max) = 0;
  virtual Result<bool> HasMore() = 0;
  virtual std::uint64_t rows_to_scan() const { return 0; }
  // The files that were left out, if that is allowed; final once the first rows were returned.
  virtual std::optional<engine::LeftOut> left_out() const { return std::nullopt; }
  // Stops it; null when its rows are there already.
  virtual std::shared_ptr<engine::QueryStop> stop() const { return nullptr; }
  virtual buffer::BatchSet batches() const = 0;
  void Interrupt(engine::InterruptReason reason) {
    if (const auto own = stop()) own->Interrupt(reason);
  }
};

class EngineRows : public RowSource {
 public:
  EngineRows(std::unique_ptr<engine::QueryRun> run, std::shared_ptr<engine::QueryStop> stop)
      : run_(std::move(run)), stop_(std::move(stop)) {}
  const std::vector<engine::ResultColumnInfo>& columns() const override { return run_->columns(); }
  Result<const engine::ResultChunk*> Next(std::uint64_t rows_max) override {
    return run_->Next(rows_max);
  }
  Result<bool> HasMore() override { return run_->HasMore(); }
  std::uint64_t rows_to_scan() const override { return run_->plan_facts().rows_to_scan; }
  std::shared_ptr<engine::QueryStop> stop() const override { return stop_; }
  buffer::BatchSet batches() const override { return run_->batches(); }

 private:
  const std::unique_ptr<engine::QueryRun> run_;
  const std::shared_ptr<engine::QueryStop> stop_;
};

// One row with one number.
class NumberRow : public RowSource {
 public:
  NumberRow(const std::string& column, std::uint64_t number)
      : columns_{{column, engine::ResultKind::kUint64, "UBIGINT"}},
        number_(number),
        chunk_{1, {{engine::ResultKind::kUint64, &number_, nullptr}}} {}

  const std::vector<engine::ResultColumnInfo>& columns() const override { return columns_; }
  Result<const engine::ResultChunk*> Next(std::uint64_t) override {
    return std::exchange(is_read_, true) ? nullptr : &chunk_;
  }
  Result<bool> HasMore() override { return !is_read_; }
  buffer::BatchSet batches() const override { return {}; }

 private:
  const std::vector<engine::ResultColumnInfo> columns_;
  const std::uint64_t number_;
  const engine::ResultChunk chunk_;
  bool is_read_ = false;
};

}  // namespace arc::execution
