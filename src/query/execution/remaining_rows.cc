#include "query/execution/remaining_rows.h"

namespace arc::execution {
namespace {

// Each try finds at least one more damaged file.
constexpr int kTriesMax = 100;

}  // namespace

RemainingRows::RemainingRows(engine::Engine& engine, engine::QueryRequest request,
                             std::unique_ptr<engine::QueryRun> run)
    : engine_(engine),
      request_(std::move(request)),
      columns_(run->columns()),
      run_(std::move(run)) {}

std::shared_ptr<engine::QueryRun> RemainingRows::run() const {
  const MutexLock lock(mutex_);
  return run_;
}

void RemainingRows::SetRun(std::shared_ptr<engine::QueryRun> run) {
  {
    const MutexLock lock(mutex_);
    run_.swap(run);
  }
  run.reset();  // destroys the old run, outside of the lock
}

// A QueryStop stops one run at a time, so the old run is destroyed first.
Result<bool> RemainingRows::StartOver() {
  const auto left_out_before = run()->left_out().file_count;
  SetRun(nullptr);
  SetRun(TRY(engine_.Start(request_)));
  return run()->left_out().file_count > left_out_before;
}

template <class Step>
auto RemainingRows::Try(const Step& step) -> decltype(step(std::declval<engine::QueryRun&>())) {
  for (int tries = 1;; tries++) {
    auto current = run();
    if (current == nullptr) return Error{ErrorCode::kInternal, "the query could not start over"};
    auto result = step(*current);
    const bool is_damage = !result.ok() && result.error().code == ErrorCode::kCorruptData;
    if (!is_damage || has_given_rows_ || tries == kTriesMax) return result;
    current.reset();
    // If no more file is known to be damaged, a new run would fail in the same way.
    if (!TRY(StartOver())) return result;
  }
}

Result<const engine::ResultChunk*> RemainingRows::Next(std::uint64_t rows_max) {
  auto chunk = Try([rows_max](engine::QueryRun& run) { return run.Next(rows_max); });
  has_given_rows_ = true;
  return chunk;
}

Result<bool> RemainingRows::HasMore() {
  return Try([](engine::QueryRun& run) { return run.HasMore(); });
}

std::uint64_t RemainingRows::rows_to_scan() const {
  const auto current = run();
  return current == nullptr ? 0 : current->plan_facts().rows_to_scan;
}

std::optional<engine::LeftOut> RemainingRows::left_out() const {
  const auto current = run();
  return current == nullptr ? engine::LeftOut() : current->left_out();
}

// Asks under the lock: with a copy of the pointer, this thread could become the one that destroys
// the run.
buffer::BatchSet RemainingRows::batches() const {
  const MutexLock lock(mutex_);
  return run_ == nullptr ? buffer::BatchSet() : run_->batches();
}

}  // namespace arc::execution
