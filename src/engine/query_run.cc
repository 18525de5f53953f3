#include "engine/arc_catalog.h"
#include "engine/engine_error.h"
#include "engine/query_state.h"

namespace arc::engine {

QueryRun::State::State(std::shared_ptr<DuckDbInstance> instance, const QueryRequest& request)
    : instance_(std::move(instance)),
      context_(duckdb::make_shared_ptr<QueryContext>(request)),
      connection_(instance_->database()) {
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
    pending_ = connection_.context->PendingQuery(std::move(statement), streaming);
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

const ResultChunk* QueryRun::State::Fetch() {
  if (!result_) {
    result_ = pending_->Execute();
    pending_.reset();
  }
  if (result_->HasError()) result_->ThrowError();
  do {
    chunk_ = result_->Fetch();
    if (result_->HasError()) result_->ThrowError();
  } while (chunk_ && chunk_->size() == 0 &&
           result_->type == duckdb::QueryResultType::STREAM_RESULT &&
           result_->Cast<duckdb::StreamQueryResult>().IsOpen());
  if (!chunk_ || chunk_->size() == 0) return nullptr;
  return &converter_->Convert(*chunk_);
}

void QueryRun::State::Release() {
  if (!pending_ && !result_) return;
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
