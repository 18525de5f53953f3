// One query in DuckDB, from its plan to its last chunk.
//
//   Plan     DuckDB binds the statement, which starts the transaction that pins the snapshot, and
//            plans it. From here on files and buffered rows of the snapshot stay.
//   Execute  at the first Next: begins to compute. After it, interrupts of DuckDB work.
//   Compute, Fetch  compute until a chunk is there, and take it. DuckDB's own threads may compute
//            ahead; a full queue of chunks stops them.
//   Release  interrupts what still computes, waits for it, destroys the result and ends the
//            transaction, and with it the pin. It is called at the end, at the first failure, and
//            by the destructor; calling it again does nothing.
//
// Three things can fail at the same time: the client stops the query, a thread of DuckDB's fails,
// and that failure interrupts the other threads, so that our thread sees only an interrupt. Explain
// decides which error counts: our own stop first, then a measurement that may not be read, then
// what DuckDB says. The first failure is kept, and every later call returns it.

#include <algorithm>

#include "foundation/base/log.h"
#include "query/engine/duckdb/engine_error.h"
#include "query/engine/guard/sql_hints.h"
#include "query/engine/query_state.h"
#include "query/engine/row_window.h"
#include "query/engine/scan/arc_catalog.h"

namespace arc::engine {
namespace {

duckdb::Value ToValue(const QueryParameter& parameter) {
  struct Visitor {
    duckdb::Value operator()(std::monostate) const { return duckdb::Value(); }
    duckdb::Value operator()(bool value) const { return duckdb::Value::BOOLEAN(value); }
    duckdb::Value operator()(std::int64_t value) const { return duckdb::Value::BIGINT(value); }
    duckdb::Value operator()(std::uint64_t value) const { return duckdb::Value::UBIGINT(value); }
    duckdb::Value operator()(double value) const { return duckdb::Value::DOUBLE(value); }
    // A text becomes a constant without a type, like a literal: compared with a time it becomes
    // one.
    duckdb::Value operator()(const std::string& value) const { return duckdb::Value(value); }
  };
  return std::visit(Visitor(), parameter.value);
}

}  // namespace

QueryRun::State::State(std::shared_ptr<DuckDbInstance> instance, const QueryRequest& request,
                       std::shared_ptr<QueryStop> stop)
    : instance_(std::move(instance)),
      context_(duckdb::make_shared_ptr<QueryContext>(request, stop)),
      sql_(request.sql),
      offset_(request.offset),
      limit_(request.limit),
      connection_(instance_->database()),
      stop_(std::move(stop), instance_, [this] { connection_.Interrupt(); }) {
  if (request.allows_missing_files) context_->LeaveOut(instance_->DamagedPaths());
  for (const auto& parameter : request.parameters) {
    parameters_[parameter.name] = duckdb::BoundParameterData(ToValue(parameter));
  }
  auto& client = *connection_.context;
  QueryContext::Register(client, context_);
  // Otherwise FROM 'file' would be a table that the guard does not see.
  client.config.use_replacement_scans = false;
  duckdb::ClientData::Get(client).catalog_search_path->Set(
      duckdb::CatalogSearchEntry(kCatalogName, context_->default_database()),
      duckdb::CatalogSetPathType::SET_DIRECTLY);
}

QueryRun::State::~State() {
  try {
    Release();
  } catch (const std::exception& exception) {
    LogError("engine: a query could not be let go: {}", exception.what());
  }
}

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

Result<void> QueryRun::State::Configure(const QueryRequest& request) {
  if (request.time_zone.empty()) return {};
  try {
    auto& client = *connection_.context;
    // Set it directly: settings are locked for statements, so that no client changes them for
    // others.
    duckdb::ExtensionOption option;
    auto& settings = duckdb::DBConfig::GetConfig(client).user_settings;
    if (!settings.TryGetExtensionOption("TimeZone", option)) {
      return Error{ErrorCode::kInternal, "The query engine has no time zones"};
    }
    duckdb::Value name(request.time_zone);
    option.set_function(client, duckdb::SetScope::SESSION, name);
    client.config.user_settings.SetUserSetting(option.setting_index.GetIndex(), name);
    return {};
  } catch (const std::exception& exception) {
    return Error{ErrorCode::kInvalidInput,
                 "time_zone: " + duckdb::ErrorData(exception).RawMessage()};
  }
}

Result<void> QueryRun::State::Explain(duckdb::unique_ptr<duckdb::SQLStatement> statement) {
  // The values of parameters belong to the plan, and DuckDB takes them only for a statement to run.
  if (!parameters_.empty()) return Plan(std::move(statement));
  SetWindow(*statement);
  try {
    const auto prepared = connection_.context->Prepare(std::move(statement));
    if (!prepared->HasError()) return {};
    return Explain(prepared->GetErrorObject());
  } catch (const std::exception& exception) {
    return Explain(duckdb::ErrorData(exception));
  }
}

Result<bool> QueryRun::State::Hold() {
  given_.reset();
  if (!failure_) failure_ = InterruptError();
  if (!failure_ && chunk_) return true;
  if (failure_) {
    Release();
    return *failure_;
  }
  if (is_finished_) return false;
  try {
    if (Fetch()) return true;
    // An interrupted stream may just end before its last row.
    failure_ = InterruptError();
    is_finished_ = true;
    Release();
    if (failure_) return *failure_;
    return false;
  } catch (const std::exception& exception) {
    failure_ = Explain(duckdb::ErrorData(exception));
    Release();
    return *failure_;
  }
}

Result<const ResultChunk*> QueryRun::State::Next(std::uint64_t rows_max) {
  if (!TRY(Hold())) return static_cast<const ResultChunk*>(nullptr);
  try {
    if (chunk_->size() <= rows_max) {
      given_ = std::move(chunk_);
    } else {
      given_ = duckdb::make_uniq<duckdb::DataChunk>();
      given_->InitializeEmpty(chunk_->GetTypes());
      given_->Reference(*chunk_);
      given_->Slice(0, rows_max);
      chunk_->Slice(rows_max, chunk_->size() - rows_max);
    }
    return &converter_->Convert(*given_);
  } catch (const std::exception& exception) {
    failure_ = Explain(duckdb::ErrorData(exception));
    Release();
    return *failure_;
  }
}

Result<bool> QueryRun::State::HasMore() { return Hold(); }

void QueryRun::State::SetWindow(duckdb::SQLStatement& statement) {
  if (offset_ == 0 && !limit_) return;
  if (PushDownRowWindow(statement, offset_, limit_)) return;
  rows_to_skip_ = offset_;
  rows_left_ = limit_.value_or(UINT64_MAX);
}

bool QueryRun::State::Fetch() {
  if (rows_left_ == 0) return false;
  do {
    if (!FetchAny()) return false;
    if (rows_to_skip_ < chunk_->size()) break;
    rows_to_skip_ -= chunk_->size();
  } while (true);
  const auto count = std::min<std::uint64_t>(chunk_->size() - rows_to_skip_, rows_left_);
  if (count < chunk_->size()) chunk_->Slice(rows_to_skip_, count);
  rows_to_skip_ = 0;
  rows_left_ -= count;
  return true;
}

// DuckDB forgets an interrupt that comes while it begins. So we check for a stop between its tasks,
// which are short, and repeat the interrupt once it has begun.
void QueryRun::State::Execute() {
  using duckdb::PendingExecutionResult;
  for (;;) {
    const auto state = pending_->ExecuteTask();
    if (duckdb::PendingQueryResult::IsResultReady(state)) break;
    if (IsStopped()) throw duckdb::InterruptException();
    if (state == PendingExecutionResult::BLOCKED ||
        state == PendingExecutionResult::NO_TASKS_AVAILABLE) {
      pending_->WaitForTask();
    }
  }
  if (pending_->HasError()) pending_->ThrowError();
  result_ = pending_->Execute();
  pending_.reset();
  if (IsStopped()) connection_.Interrupt();
}

// DuckDB's own Fetch() does the same. But a thread of DuckDB's that fails interrupts the others,
// and Fetch() may then report the interrupt. Here we can ask the executor for the failure before it
// is destroyed.
void QueryRun::State::Compute(duckdb::StreamQueryResult& stream) {
  using duckdb::StreamExecutionResult;
  try {
    for (;;) {
      const auto state = stream.ExecuteTask();
      if (state == StreamExecutionResult::BLOCKED) {
        stream.WaitForTask();
      } else if (state != StreamExecutionResult::CHUNK_NOT_READY) {
        break;
      }
    }
    // Ask now: Fetch() checks for interrupts before it takes a chunk, and destroys the executor.
    if (stream.IsOpen()) ThrowFailureOfThread();
  } catch (const duckdb::InterruptException&) {
    ThrowFailureOfThread();
    throw;
  }
}

void QueryRun::State::ThrowFailureOfThread() {
  auto& executor = connection_.context->GetExecutor();
  if (!IsStopped() && executor.HasError()) executor.GetError().Throw();
}

bool QueryRun::State::FetchAny() {
  if (!result_) Execute();
  if (result_->HasError()) result_->ThrowError();
  do {
    if (result_->type == duckdb::QueryResultType::STREAM_RESULT) {
      auto& stream = result_->Cast<duckdb::StreamQueryResult>();
      if (stream.IsOpen()) Compute(stream);
      if (result_->HasError()) result_->ThrowError();  // Fetch() would wrap it into another error
    }
    chunk_ = result_->Fetch();
    if (result_->HasError()) result_->ThrowError();
  } while (chunk_ && chunk_->size() == 0 &&
           result_->type == duckdb::QueryResultType::STREAM_RESULT &&
           result_->Cast<duckdb::StreamQueryResult>().IsOpen());
  if (chunk_ && chunk_->size() == 0) chunk_.reset();
  return chunk_ != nullptr;
}

void QueryRun::State::Release() {
  if (!pending_ && !result_) return;
  // DuckDB waits for its own threads here, so interrupt them first.
  if (!is_finished_ || rows_left_ == 0) connection_.Interrupt();
  given_.reset();
  chunk_.reset();
  result_.reset();
  pending_.reset();
  // The transaction holds the pin, and neither closing nor destroying a streamed result ends it.
  connection_.context->CancelTransaction();
}

std::optional<Error> QueryRun::State::InterruptError() const {
  const auto reason = stop_.stop().reason();
  if (!reason) return std::nullopt;
  switch (*reason) {
    case InterruptReason::kCancelled:
      return Error{ErrorCode::kCancelled, "The query was cancelled"};
    case InterruptReason::kDeadline:
      return Error{ErrorCode::kDeadlinePassed, "The query took longer than allowed"};
    case InterruptReason::kEngineLost:
      break;
  }
  return EngineLost();
}

Error QueryRun::State::Explain(const duckdb::ErrorData& error) const {
  if (auto interrupted = InterruptError()) return *interrupted;
  auto denied = context_->denied();
  // A client that may not read a measurement must not learn whether it exists.
  if (!denied && error.Type() == duckdb::ExceptionType::CATALOG) denied = context_->hidden();
  if (denied) {
    return {ErrorCode::kForbidden, "Permission denied: read required on " + denied->ToString()};
  }
  if (error.Type() == duckdb::ExceptionType::INTERRUPT) {
    // A thread of DuckDB's failed after we had asked for failures; its error is lost.
    return {ErrorCode::kOverloaded,
            "The query failed in one of its threads, and the reason was lost: run it again"};
  }
  auto explained = ToError(error, instance_->file_prefix());
  if (explained.code == ErrorCode::kInvalidInput) {
    explained.message = WithHint(explained.message, sql_);
  }
  // DuckDB's reader has found damage in a file without block checksums.
  if (explained.code == ErrorCode::kCorruptData) instance_->NoteDamage(error);
  return explained;
}

QueryRun::QueryRun(std::unique_ptr<State> state) : state_(std::move(state)) {}
QueryRun::~QueryRun() = default;

const std::vector<ResultColumnInfo>& QueryRun::columns() const { return state_->columns(); }
Result<const ResultChunk*> QueryRun::Next(std::uint64_t rows_max) { return state_->Next(rows_max); }
Result<bool> QueryRun::HasMore() { return state_->HasMore(); }
PlanFacts QueryRun::plan_facts() const { return state_->plan_facts(); }
LeftOut QueryRun::left_out() const { return state_->left_out(); }
buffer::BatchSet QueryRun::batches() const { return state_->batches(); }
void QueryRun::Interrupt(InterruptReason reason) { state_->stop().Interrupt(reason); }

}  // namespace arc::engine
