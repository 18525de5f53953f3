#include "query/query_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "query/show_rows.h"
#include "query/show_statement.h"

namespace arc::query {
namespace {

// Long enough for any query, and far from overflow.
constexpr std::chrono::hours kNoTimeout{24 * 365};

Error Cancelled() { return {ErrorCode::kCancelled, "The query was cancelled"}; }

Clock::SteadyTime Now() { return std::chrono::steady_clock::now(); }

std::chrono::nanoseconds TimeoutOf(const QueryLimits& limits, const ClientQuery& query) {
  std::chrono::nanoseconds timeout = kNoTimeout;
  if (limits.timeout.count() > 0) timeout = limits.timeout;
  if (query.timeout) timeout = std::min<std::chrono::nanoseconds>(timeout, *query.timeout);
  return timeout;
}

std::optional<std::uint64_t> RowCapOf(const QueryLimits& limits, const ClientQuery& query) {
  auto cap = query.limit;
  if (!cap && limits.rows_default > 0) cap = limits.rows_default;
  if (limits.rows_max > 0) cap = std::min(cap.value_or(limits.rows_max), limits.rows_max);
  return cap;
}

QueryStatus StatusOf(const Error& error) {
  if (error.code == ErrorCode::kCancelled) return QueryStatus::kCancelled;
  if (error.code == ErrorCode::kDeadlinePassed) return QueryStatus::kTimedOut;
  return QueryStatus::kFailed;
}

}  // namespace

QueryJob::QueryJob(const QueryParts& parts, QueryId id, ClientQuery query,
                   std::shared_ptr<ResultSink> sink)
    : parts_(parts),
      id_(id),
      query_(std::move(query)),
      sink_(std::move(sink)),
      row_cap_(RowCapOf(parts.limits, query_)),
      time_left_(TimeoutOf(parts.limits, query_)) {}

void QueryJob::Submit() {
  // Destroyed by Step, on a query thread, because it waits out its own callback.
  waiting_guard_.emplace(parts_.deadlines, Now() + parts_.limits.waiting_timeout,
                         [this] { StopWaiting(); });
  auto submitted = parts_.pool.Submit([self = shared_from_this()] { self->Step(); });
  if (submitted.ok()) return;
  waiting_guard_.reset();
  {
    MutexLock lock(mutex_);
    if (state_ == State::kEnded) return;
    state_ = State::kEnded;
  }
  Fail(submitted.error());
}

// On the thread of the deadlines: the task that would have started it finds it ended.
void QueryJob::StopWaiting() {
  {
    MutexLock lock(mutex_);
    if (state_ != State::kQueued || HasStarted()) return;
    state_ = State::kEnded;
  }
  Fail({ErrorCode::kOverloaded,
        fmt::format("the query waited {} s for its turn (query.queue_timeout): retry later",
                    parts_.limits.waiting_timeout.count() / 1000)});
}

void QueryJob::Cancel() {
  std::shared_ptr<RowSource> source;
  {
    MutexLock lock(mutex_);
    is_cancelled_ = true;
    source = source_;
  }
  if (source) source->Interrupt(engine::InterruptReason::kCancelled);
  Resume();
}

void QueryJob::Resume() {
  {
    MutexLock lock(mutex_);
    is_resumed_ = true;
    if (state_ != State::kPaused) return;
    state_ = State::kQueued;
  }
  parts_.pool.GoOn([self = shared_from_this()] { self->Step(); });
}

void QueryJob::Step() {
  waiting_guard_.reset();
  bool is_cancelled;
  {
    MutexLock lock(mutex_);
    if (state_ != State::kQueued) return;
    state_ = State::kRunning;
    is_resumed_ = false;
    is_cancelled = is_cancelled_;
  }
  if (is_cancelled) return Fail(Cancelled());
  if (!HasStarted()) {
    const auto started = Start();
    if (!started.ok()) return Fail(started.error());
  }
  const auto sent = SendRows();
  if (sent) return sent->ok() ? Complete() : Fail(sent->error());
  {
    MutexLock lock(mutex_);
    state_ = is_resumed_ ? State::kQueued : State::kPaused;
    if (is_resumed_) {
      parts_.pool.GoOn([self = shared_from_this()] { self->Step(); });
      return;
    }
  }
  sink_->WhenReady([self = shared_from_this()] { self->Resume(); });
}

Result<void> QueryJob::Start() {
  parts_.log.SetRunning(id_);
  const auto began = Now();
  std::shared_ptr<RowSource> source = TRY(OpenSource());
  time_left_ -= Now() - began;
  bool is_cancelled;
  {
    MutexLock lock(mutex_);
    source_ = source;
    is_cancelled = is_cancelled_;
  }
  const auto cancel = [this, source] {
    source->Interrupt(engine::InterruptReason::kCancelled);
    Resume();
  };
  entry_.emplace(parts_.running,
                 RunningQueries::Run{cancel, [source] { return source->batches(); }});
  if (is_cancelled) return Cancelled();
  return sink_->Begin(source->columns());
}

Result<std::unique_ptr<RowSource>> QueryJob::OpenSource() {
  const bool may_read = query_.principal.Has(auth::Permission::kRead);
  if (const auto show = ParseShow(query_.sql)) {
    return std::unique_ptr<RowSource>(std::make_unique<ShowRows>(*show, query_.database, may_read,
                                                                 parts_.catalog, parts_.tables));
  }
  engine::QueryRequest request;
  request.sql = query_.sql;
  request.database = query_.database;
  request.parameters = query_.parameters;
  request.offset = query_.offset;
  if (row_cap_) request.limit = *row_cap_ + 1;  // one more, to see whether there are more
  if (!may_read) request.may_read = [](std::string_view, std::string_view) { return false; };
  return std::unique_ptr<RowSource>(
      std::make_unique<EngineRows>(TRY(parts_.engine.Start(request))));
}

std::optional<Result<void>> QueryJob::SendRows() {
  const auto source = source_;
  const auto began = Now();
  const DeadlineWatch::Guard guard(parts_.deadlines, began + time_left_, [&source] {
    source->Interrupt(engine::InterruptReason::kDeadline);
  });
  for (;;) {
    auto next = source->Next();
    if (!next.ok()) return Result<void>(Explain(std::move(next).TakeError()));
    if (next.value() == nullptr) return Result<void>();
    auto chunk = *next.value();
    if (row_cap_ && chunk.row_count > *row_cap_ - row_count_) {
      chunk.row_count = *row_cap_ - row_count_;
      has_more_than_cap_ = true;
    }
    row_count_ += chunk.row_count;
    auto taken = chunk.row_count == 0 ? ResultSink::Flow::kGoOn : sink_->Rows(chunk);
    if (!taken.ok()) return Result<void>(std::move(taken).TakeError());
    const auto flow = taken.value();
    if (has_more_than_cap_) return Result<void>();
    if (flow == ResultSink::Flow::kStop) return Result<void>(Cancelled());
    if (flow == ResultSink::Flow::kWait) {
      time_left_ -= Now() - began;
      return std::nullopt;
    }
  }
}

Error QueryJob::Explain(Error failed) const {
  if (failed.code == ErrorCode::kDeadlinePassed) return {failed.code, "Query timed out"};
  if (failed.code != ErrorCode::kCancelled) return failed;
  const auto out_of_memory = entry_->out_of_memory();
  if (!out_of_memory) return failed;
  parts_.cancelled_for_memory.Add();
  return *out_of_memory;
}

void QueryJob::Complete() {
  parts_.success.Add();
  parts_.rows.Add(row_count_);
  const ResultSink::Ending ending{row_count_, has_more_than_cap_ ? row_cap_ : std::nullopt};
  Finish(QueryStatus::kCompleted, "");
  SendRest(sink_->End(ending));
}

void QueryJob::SendRest(bool is_more) {
  if (!is_more) return;
  sink_->WhenReady([self = shared_from_this()] {
    self->parts_.pool.GoOn([self] { self->SendRest(self->sink_->SendRest()); });
  });
}

void QueryJob::Fail(const Error& error) {
  parts_.errors.Add();
  if (error.code == ErrorCode::kDeadlinePassed) parts_.timeouts.Add();
  Finish(StatusOf(error), error.message);
  sink_->Fail(error, row_count_);
}

// The snapshot goes before the client hears that it is over.
void QueryJob::Finish(QueryStatus status, const std::string& error) {
  entry_.reset();
  std::shared_ptr<RowSource> source;
  {
    MutexLock lock(mutex_);
    state_ = State::kEnded;
    source = std::exchange(source_, nullptr);
  }
  source.reset();
  const auto record = parts_.log.End(id_, status, row_count_, error);
  if (parts_.limits.slow_threshold.count() > 0 &&
      record.duration_ms >= static_cast<double>(parts_.limits.slow_threshold.count())) {
    parts_.slow.Add();
    LogWarning("query: slow: {:.0f} ms, {} rows, {}: {}", record.duration_ms, record.row_count,
               NameOf(status), record.sql);
  }
  parts_.on_end(id_);
}

}  // namespace arc::query
