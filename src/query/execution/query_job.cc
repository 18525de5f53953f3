#include "query/execution/query_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "foundation/base/exception_error.h"
#include "foundation/base/log.h"
#include "foundation/memory/query_memory.h"
#include "query/execution/remaining_rows.h"
#include "query/execution/show_rows.h"
#include "query/execution/show_statement.h"

namespace arc::execution {
namespace {

// Long enough for any query, and far from overflow.
constexpr std::chrono::hours kNoTimeout{24 * 365};

Error Cancelled() { return {ErrorCode::kCancelled, "The query was cancelled"}; }

Clock::SteadyTime Now() { return std::chrono::steady_clock::now(); }

std::chrono::nanoseconds TimeoutOf(const QueryLimits& limits, const ClientQuery& query) {
  // In milliseconds: nanoseconds could overflow with what a client asks for.
  std::chrono::milliseconds timeout = kNoTimeout;
  if (limits.timeout.count() > 0) timeout = limits.timeout;
  if (query.timeout) timeout = std::min(timeout, *query.timeout);
  const auto policy = query.principal.limits.query_seconds;
  if (policy > 0 && policy < std::chrono::seconds(kNoTimeout).count()) {
    timeout = std::min<std::chrono::milliseconds>(timeout, std::chrono::seconds(policy));
  }
  return timeout;
}

// How many rows the token's policy allows for one query, all its pages together.
std::uint64_t PolicyRows(const auth::Principal& principal) {
  const auto most = principal.limits.rows_per_query;
  return most > 0 ? static_cast<std::uint64_t>(most) : UINT64_MAX;
}

// How many rows a result may have that is not read in pages.
std::optional<std::uint64_t> RowCapOf(const QueryLimits& limits, const ClientQuery& query) {
  auto cap = query.limit;
  if (!cap && limits.rows_default > 0) cap = limits.rows_default;
  if (limits.rows_max > 0) cap = std::min(cap.value_or(limits.rows_max), limits.rows_max);
  const auto policy = PolicyRows(query.principal);
  return policy == UINT64_MAX ? cap : std::min(cap.value_or(policy), policy);
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
      visits_(parts.threads, id),
      time_left_(TimeoutOf(parts.limits, query_)) {}

void QueryJob::Submit() {
  // Step destroys it, on a query thread: its destructor waits for its callback.
  waiting_guard_.emplace(parts_.deadlines, Now() + parts_.limits.waiting_timeout,
                         [this] { StopWaiting(); });
  auto submitted = parts_.threads.Submit([self = shared_from_this()] { self->Step(); });
  if (submitted.ok()) return;
  waiting_guard_.reset();
  {
    MutexLock lock(mutex_);
    if (state_ == State::kEnded) return;
    state_ = State::kEnded;
  }
  Fail(submitted.error());
}

// Called on `deadlines`. The task that is still in the queue will find the job ended.
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
  std::shared_ptr<OpenRun> run;
  {
    MutexLock lock(mutex_);
    is_cancelled_ = true;
    run = run_;
  }
  stop_->Interrupt(engine::InterruptReason::kCancelled);
  if (run) run->Interrupt(engine::InterruptReason::kCancelled);
  visits_.Hurry();
  Resume();
}

void QueryJob::Resume() {
  {
    MutexLock lock(mutex_);
    is_resumed_ = true;
    if (state_ != State::kPaused) return;
    state_ = State::kQueued;
  }
  parts_.threads.GoOn([self = shared_from_this()] { self->Step(); });
}

void QueryJob::Step() {
  try {
    TryStep();
  } catch (...) {
    FailStep(ErrorOfException());
  }
}

void QueryJob::FailStep(const Error& error) {
  LogError("query: {}: {}", id_, LogText(error));
  {
    MutexLock lock(mutex_);
    if (is_given_up_ || state_ == State::kEnded) return;
  }
  try {
    Fail(error);
  } catch (...) {
    LogExceptionOf("query", "ends without an answer");
  }
}

template <class T>
Result<T> QueryJob::AskEngine(const std::shared_ptr<engine::QueryStop>& stop,
                              const std::function<Result<T>()>& ask) {
  std::optional<Result<T>> answer;
  const auto visit = [&] {
    try {
      answer.emplace(memory::OnBehalfOfQuery(ask));
    } catch (...) {
      answer.emplace(ErrorOfException());
    }
  };
  if (visits_.Enter(
          Now() + time_left_, weak_from_this(), [this, stop] { OnGivenUp(*stop); }, visit)) {
    return std::move(*answer);
  }
  LogInfo("query: {} stopped after all", id_);
  return Error{ErrorCode::kCancelled, "its thread was given up"};
}

void QueryJob::OnGivenUp(const engine::QueryStop& stop) {
  is_given_up_ = true;
  parts_.engine.GiveUp(stop);
  LogWarning("query: {} does not stop: its thread is replaced, and goes on when a core is free",
             id_);
  const bool is_cancelled = stop.reason() == engine::InterruptReason::kCancelled;
  Fail(is_cancelled ? Explain(Cancelled()) : Error{ErrorCode::kDeadlinePassed, "Query timed out"});
}

void QueryJob::TryStep() {
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
    if (is_given_up_) return;
    if (!started.ok()) return Fail(started.error());
  }
  const auto sent = SendRows();
  if (is_given_up_) return;
  if (sent) return sent->ok() ? Complete() : Fail(sent->error());
  {
    MutexLock lock(mutex_);
    state_ = is_resumed_ ? State::kQueued : State::kPaused;
    if (is_resumed_) {
      parts_.threads.GoOn([self = shared_from_this()] { self->Step(); });
      return;
    }
  }
  sink_->WhenReady([self = shared_from_this()] { self->Resume(); });
}

Result<void> QueryJob::Start() {
  parts_.log.SetRunning(id_);
  const auto began = Now();
  if (query_.page_size && query_.cursor.empty()) TRY(OpenCursor());
  if (!query_.cursor.empty()) TRY(ReadOnCursor());
  auto run = cursor_.run;
  // A cursor that was read to its end has no run.
  if (!run && query_.cursor.empty()) {
    run = std::make_shared<OpenRun>(parts_.running, TRY(OpenSource()));
  }
  profile_.planning = Now() - began;
  time_left_ -= profile_.planning;
  rows_left_ = row_cap_.value_or(UINT64_MAX);
  if (!cursor_name_.empty()) {
    rows_left_ = cursor_.page_size;
    if (parts_.limits.rows_max > 0) rows_left_ = std::min(rows_left_, parts_.limits.rows_max);
    rows_left_ = std::min(rows_left_, PolicyRows(cursor_.principal) - cursor_.position);
    cursor_.run = run;
    if (query_.cursor.empty()) cursor_.columns = run->source().columns();
  }
  if (!run) return sink_->Begin(cursor_.columns, "");
  bool is_cancelled;
  {
    MutexLock lock(mutex_);
    run_ = run;
    is_cancelled = is_cancelled_;
  }
  // `this` is safe: Release unsets the function before the job ends.
  run->OnCancel([this] {
    visits_.Hurry();
    Resume();
  });
  if (is_cancelled) return Cancelled();
  const auto next = cursor_name_.empty()
                        ? std::string()
                        : Cursors::Token(cursor_name_, cursor_.position + rows_left_);
  return sink_->Begin(run->source().columns(), next);
}

Result<void> QueryJob::OpenCursor() {
  cursor_name_ = TRY(parts_.cursors.Open(query_.principal.token_id));
  cursor_.principal = query_.principal;
  cursor_.sql = query_.sql;
  cursor_.page_size = *query_.page_size;
  return {};
}

Result<void> QueryJob::ReadOnCursor() {
  cursor_ = TRY(parts_.cursors.Take(query_.cursor, query_.principal.token_id));
  cursor_name_ = Cursors::NameIn(query_.cursor);
  if (!query_.principal.MayTheSameAs(cursor_.principal)) {
    return Error{ErrorCode::kForbidden,
                 "The token's permissions have changed since the query began: run it again"};
  }
  parts_.log.SetSql(id_, cursor_.sql);
  if (query_.page_size) cursor_.page_size = *query_.page_size;
  return {};
}

Result<std::unique_ptr<RowSource>> QueryJob::OpenSource() {
  if (const auto show = ParseShow(query_.sql)) {
    if (query_.what == What::kEstimate) {
      return Error{ErrorCode::kInvalidInput, "SHOW has no estimate"};
    }
    return std::unique_ptr<RowSource>(std::make_unique<ShowRows>(
        *show, query_.database, query_.principal, parts_.catalog, parts_.tables));
  }
  const auto request = EngineRequest();
  const DeadlineWatch::Guard guard(parts_.deadlines, Now() + time_left_, [stop = stop_] {
    stop->Interrupt(engine::InterruptReason::kDeadline);
  });
  if (query_.what == What::kEstimate) {
    const auto facts =
        TRY(AskEngine<engine::PlanFacts>(stop_, [&] { return parts_.engine.Explain(request); }));
    return std::unique_ptr<RowSource>(
        std::make_unique<NumberRow>("estimated_rows", facts.estimated_rows));
  }
  auto run = AskEngine<std::unique_ptr<engine::QueryRun>>(
      stop_, [&] { return parts_.engine.Start(request); });
  if (!run.ok()) return Explain(std::move(run).TakeError());
  if (request.allows_missing_files) {
    return std::unique_ptr<RowSource>(
        std::make_unique<RemainingRows>(parts_.engine, request, std::move(run).TakeValue()));
  }
  return std::unique_ptr<RowSource>(
      std::make_unique<EngineRows>(std::move(run).TakeValue(), stop_));
}

engine::QueryRequest QueryJob::EngineRequest() const {
  engine::QueryRequest request;
  request.sql = query_.sql;
  request.database = query_.database;
  request.may_name_databases = query_.may_name_databases;
  request.time_zone = query_.time_zone;
  request.allows_missing_files = query_.allows_missing_files;
  request.parameters = query_.parameters;
  request.offset = query_.offset;
  request.limit = query_.limit;
  request.stop = stop_;
  const bool is_whole = !query_.page_size && query_.what == What::kRows;
  if (is_whole && row_cap_) request.limit = *row_cap_ + 1;  // one more tells if there are more
  const auto& reader = query_.principal;
  if (reader.grants || !reader.Has(auth::Permission::kRead)) {
    request.may_read = [reader](std::string_view database, std::string_view measurement) {
      return reader.May(auth::Permission::kRead, database, measurement);
    };
  }
  return request;
}

std::optional<Result<void>> QueryJob::SendRows() {
  const auto run = run_;
  if (!run) return Result<void>();
  const auto began = Now();
  const DeadlineWatch::Guard guard(parts_.deadlines, began + time_left_,
                                   [&run] { run->Interrupt(engine::InterruptReason::kDeadline); });
  for (;;) {
    const auto asked = Now();
    if (rows_left_ == 0) {
      const auto more = AskEngine<bool>(run->stop(), [&] { return run->source().HasMore(); });
      if (is_given_up_) return std::nullopt;
      profile_.execution += Now() - asked;
      if (!more.ok()) return Result<void>(Explain(more.error()));
      has_more_ = more.value();
      return Result<void>();
    }
    auto next = AskEngine<const engine::ResultChunk*>(
        run->stop(), [&] { return run->source().Next(rows_left_); });
    if (is_given_up_) return std::nullopt;
    profile_.execution += Now() - asked;
    if (!next.ok()) return Result<void>(Explain(std::move(next).TakeError()));
    if (next.value() == nullptr) return Result<void>();
    if (row_count_ == 0) {
      if (const auto left_out = run->source().left_out()) sink_->LeaveOut(*left_out);
    }
    row_count_ += next.value()->row_count;
    rows_left_ -= next.value()->row_count;
    auto taken = memory::OnBehalfOfQuery([&] { return sink_->Rows(*next.value()); });
    if (!taken.ok()) return Result<void>(std::move(taken).TakeError());
    if (taken.value() == ResultSink::Flow::kStop) return Result<void>(Cancelled());
    if (taken.value() == ResultSink::Flow::kWait) {
      time_left_ -= Now() - began;
      return std::nullopt;
    }
  }
}

Error QueryJob::Explain(Error failed) const {
  if (failed.code == ErrorCode::kDeadlinePassed) return {failed.code, "Query timed out"};
  if (failed.code != ErrorCode::kCancelled) return failed;
  const auto out_of_memory = run_ ? run_->out_of_memory() : std::nullopt;
  if (!out_of_memory) return failed;
  parts_.cancelled_for_memory.Add();
  return *out_of_memory;
}

void QueryJob::Complete() {
  parts_.success.Add();
  parts_.rows.Add(row_count_);
  if (run_) profile_.rows_scanned = run_->source().rows_to_scan();
  ResultSink::Ending ending{.row_count = row_count_, .profile = profile_};
  if (run_) ending.left_out = run_->source().left_out();
  if (!cursor_name_.empty()) {
    const auto most = PolicyRows(cursor_.principal);
    if (has_more_ && cursor_.position + row_count_ == most) {
      ending.row_cap = most;
      has_more_ = false;
    }
    PutCursor();
    if (has_more_) ending.next_cursor = Cursors::Token(cursor_name_, cursor_.position);
  } else if (has_more_) {
    ending.row_cap = row_cap_;
  }
  Release([self = shared_from_this(), ending] {
    self->RecordEnd(QueryStatus::kCompleted, "");
    self->SendRest(self->sink_->End(ending));
  });
}

void QueryJob::PutCursor() {
  cursor_.position += row_count_;
  if (!has_more_) cursor_.run = nullptr;
  if (cursor_.run) cursor_.run->OnCancel(nullptr);
  auto given = cursor_;
  if (cursor_.run) {
    cursor_.run = nullptr;
    MutexLock lock(mutex_);
    run_ = nullptr;
  }
  parts_.cursors.Put(cursor_name_, std::move(given));
}

void QueryJob::SendRest(bool is_more) {
  if (!is_more) return;
  sink_->WhenReady([self = shared_from_this()] {
    self->parts_.threads.GoOn([self] { self->SendRest(self->sink_->SendRest()); });
  });
}

void QueryJob::Fail(const Error& error) {
  parts_.errors.Add();
  if (error.code == ErrorCode::kDeadlinePassed) parts_.timeouts.Add();
  if (!cursor_name_.empty()) parts_.cursors.Remove(cursor_name_);
  Release([self = shared_from_this(), error] {
    self->RecordEnd(StatusOf(error), error.message);
    self->sink_->Fail(error, self->row_count_);
  });
}

// The snapshot is given up before the client is told that the query is over. If DuckDB does not
// come back from that, `query-watch` tells the client.
void QueryJob::Release(std::function<void()> then) {
  auto on_cursor = std::exchange(cursor_.run, nullptr);
  std::shared_ptr<OpenRun> run;
  {
    MutexLock lock(mutex_);
    state_ = State::kEnded;
    run = std::exchange(run_, nullptr);
  }
  if (!run) run = std::move(on_cursor);
  on_cursor = nullptr;
  if (!run) return then();
  run->OnCancel(nullptr);
  if (!QueryThreads::IsOnThread()) {
    parts_.let_go(std::move(run));
    return then();
  }
  const auto on_given_up = [this, stop = run->stop(), then] {
    if (stop) parts_.engine.GiveUp(*stop);
    then();
  };
  if (visits_.Enter(Now(), weak_from_this(), on_given_up, [&run] { run.reset(); })) then();
}

void QueryJob::RecordEnd(QueryStatus status, const std::string& error) {
  const auto record = parts_.log.End(id_, status, row_count_, error);
  if (parts_.limits.slow_threshold.count() > 0 &&
      record.duration_ms >= static_cast<double>(parts_.limits.slow_threshold.count())) {
    parts_.slow.Add();
    LogWarning("query: slow: {:.0f} ms, {} rows, {}: {}", record.duration_ms, record.row_count,
               NameOf(status), record.sql);
  }
  parts_.on_end(id_);
}

}  // namespace arc::execution
