#include <algorithm>

#include "engine/arc_catalog.h"
#include "engine/engine_error.h"
#include "engine/query_state.h"
#include "engine/row_window.h"

namespace arc::engine {
namespace {

duckdb::Value ToValue(const QueryParameter& parameter) {
  struct Visitor {
    duckdb::Value operator()(std::monostate) const { return duckdb::Value(); }
    duckdb::Value operator()(bool value) const { return duckdb::Value::BOOLEAN(value); }
    duckdb::Value operator()(std::int64_t value) const { return duckdb::Value::BIGINT(value); }
    duckdb::Value operator()(std::uint64_t value) const { return duckdb::Value::UBIGINT(value); }
    duckdb::Value operator()(double value) const { return duckdb::Value::DOUBLE(value); }
    // A constant text has no type yet, as a literal: compared with a time it becomes one.
    duckdb::Value operator()(const std::string& value) const { return duckdb::Value(value); }
  };
  return std::visit(Visitor(), parameter.value);
}

}  // namespace

QueryRun::State::State(std::shared_ptr<DuckDbInstance> instance, const QueryRequest& request)
    : instance_(std::move(instance)),
      context_(duckdb::make_shared_ptr<QueryContext>(request)),
      offset_(request.offset),
      limit_(request.limit),
      connection_(instance_->database()) {
  for (const auto& parameter : request.parameters) {
    parameters_[parameter.name] = duckdb::BoundParameterData(ToValue(parameter));
  }
  auto& client = *connection_.context;
  QueryContext::Register(client, context_);
  // Or FROM 'file' would be a table that a guard on functions does not see.
  client.config.use_replacement_scans = false;
  duckdb::ClientData::Get(client).catalog_search_path->Set(
      duckdb::CatalogSearchEntry(kCatalogName, context_->default_database()),
      duckdb::CatalogSetPathType::SET_DIRECTLY);
}

QueryRun::State::~State() { Release(); }

Result<void> QueryRun::State::Plan(duckdb::unique_ptr<duckdb::SQLStatement> statement) {
  duckdb::ErrorData error;
  try {
    const duckdb::QueryParameters streaming(duckdb::QueryResultOutputType::ALLOW_STREAMING);
    SetWindow(*statement);
    pending_ =
        parameters_.empty()
            ? connection_.context->PendingQuery(std::move(statement), streaming)
            : connection_.context->PendingQuery(std::move(statement), parameters_, streaming);
    if (!pending_->HasError()) {
      converter_.emplace(*connection_.context, pending_->types, pending_->names);
      return {};
    }
    error = pending_->GetErrorObject();
  } catch (const std::exception& exception) {
    error = duckdb::ErrorData(exception);
  }
  Release();
  return Explain(error);
}

Result<const ResultChunk*> QueryRun::State::Next() {
  if (!failure_) failure_ = InterruptError();
  if (failure_) {
    Release();
    return *failure_;
  }
  if (is_finished_) return static_cast<const ResultChunk*>(nullptr);
  try {
    const auto* chunk = Fetch();
    if (chunk != nullptr) return chunk;
    // An interrupted stream may just end: that is not all rows.
    failure_ = InterruptError();
    is_finished_ = true;
    Release();
    if (failure_) return *failure_;
    return chunk;
  } catch (const std::exception& exception) {
    failure_ = Explain(duckdb::ErrorData(exception));
    Release();
    return *failure_;
  }
}

void QueryRun::State::SetWindow(duckdb::SQLStatement& statement) {
  if (offset_ == 0 && !limit_) return;
  if (PushDownRowWindow(statement, offset_, limit_)) return;
  rows_to_skip_ = offset_;
  rows_left_ = limit_.value_or(UINT64_MAX);
}

const ResultChunk* QueryRun::State::Fetch() {
  if (rows_left_ == 0) return nullptr;
  do {
    if (!FetchAny()) return nullptr;
    if (rows_to_skip_ < chunk_->size()) break;
    rows_to_skip_ -= chunk_->size();
  } while (true);
  const auto count = std::min<std::uint64_t>(chunk_->size() - rows_to_skip_, rows_left_);
  if (count < chunk_->size()) chunk_->Slice(rows_to_skip_, count);
  rows_to_skip_ = 0;
  rows_left_ -= count;
  return &converter_->Convert(*chunk_);
}

// DuckDB forgets an interrupt that comes while it begins, so ours is looked at between its tasks,
// which are short, and repeated once it has begun.
void QueryRun::State::Execute() {
  using duckdb::PendingExecutionResult;
  for (;;) {
    const auto state = pending_->ExecuteTask();
    if (duckdb::PendingQueryResult::IsResultReady(state)) break;
    if (stop_ != Stop::kNo) throw duckdb::InterruptException();
    if (state == PendingExecutionResult::BLOCKED ||
        state == PendingExecutionResult::NO_TASKS_AVAILABLE) {
      pending_->WaitForTask();
    }
  }
  if (pending_->HasError()) pending_->ThrowError();
  result_ = pending_->Execute();
  pending_.reset();
  if (stop_ != Stop::kNo) connection_.Interrupt();
}

bool QueryRun::State::FetchAny() {
  if (!result_) Execute();
  if (result_->HasError()) result_->ThrowError();
  do {
    chunk_ = result_->Fetch();
    if (result_->HasError()) result_->ThrowError();
  } while (chunk_ && chunk_->size() == 0 &&
           result_->type == duckdb::QueryResultType::STREAM_RESULT &&
           result_->Cast<duckdb::StreamQueryResult>().IsOpen());
  return chunk_ && chunk_->size() > 0;
}

void QueryRun::State::Release() {
  if (!pending_ && !result_) return;
  // DuckDB's own threads may compute already, and it waits for them.
  if (!is_finished_ || rows_left_ == 0) connection_.Interrupt();
  chunk_.reset();
  result_.reset();
  pending_.reset();
  // Neither closing nor destroying a streamed result ends its transaction, which holds the pin.
  connection_.context->CancelTransaction();
}

void QueryRun::State::Interrupt(InterruptReason reason) {
  auto expected = Stop::kNo;
  stop_.compare_exchange_strong(
      expected, reason == InterruptReason::kDeadline ? Stop::kDeadline : Stop::kCancelled);
  connection_.Interrupt();
}

std::optional<Error> QueryRun::State::InterruptError() const {
  switch (stop_.load()) {
    case Stop::kNo:
      return std::nullopt;
    case Stop::kDeadline:
      return Error{ErrorCode::kDeadlinePassed, "The query took longer than allowed"};
    case Stop::kCancelled:
      break;
  }
  return Error{ErrorCode::kCancelled, "The query was cancelled"};
}

Error QueryRun::State::Explain(const duckdb::ErrorData& error) const {
  if (auto interrupted = InterruptError()) return *interrupted;
  if (const auto denied = context_->denied()) {
    return {ErrorCode::kForbidden, "No permission to read " + denied->ToString()};
  }
  return ToError(error, instance_->file_prefix());
}

QueryRun::QueryRun(std::unique_ptr<State> state) : state_(std::move(state)) {}
QueryRun::~QueryRun() = default;

const std::vector<ResultColumnInfo>& QueryRun::columns() const { return state_->columns(); }
Result<const ResultChunk*> QueryRun::Next() { return state_->Next(); }
buffer::BatchSet QueryRun::batches() const { return state_->batches(); }
void QueryRun::Interrupt(InterruptReason reason) { state_->Interrupt(reason); }

}  // namespace arc::engine
