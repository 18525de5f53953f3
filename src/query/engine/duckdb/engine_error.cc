#include "query/engine/duckdb/engine_error.h"

#include "foundation/memory/query_memory.h"

namespace arc::engine {
namespace {

using duckdb::ExceptionType;

ErrorCode CodeOf(ExceptionType type) {
  switch (type) {
    case ExceptionType::OBJECT_SIZE:
      return ErrorCode::kTooLarge;
    case ExceptionType::INTERRUPT:
      return ErrorCode::kCancelled;
    case ExceptionType::IO:
      return ErrorCode::kStorageFailed;
    case ExceptionType::SERIALIZATION:
      return ErrorCode::kCorruptData;
    case ExceptionType::PERMISSION:
      return ErrorCode::kInvalidInput;
    case ExceptionType::INTERNAL:
    case ExceptionType::FATAL:
    case ExceptionType::NULL_POINTER:
    case ExceptionType::TRANSACTION:
    case ExceptionType::CONNECTION:
    case ExceptionType::SCHEDULER:
    case ExceptionType::INVALID:
      return ErrorCode::kInternal;
    default:
      // Parser, binder, catalog, conversion, overflow, not implemented, ...: the reason is the
      // statement, or its effect on the data.
      return ErrorCode::kInvalidInput;
  }
}

void RemoveAll(std::string& text, const std::string& part) {
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at)) {
    text.erase(at, part.size());
  }
}

}  // namespace

// In DuckDB's messages names stand in quotes.
std::optional<std::string> FileNamedIn(const std::string& message,
                                       const std::string& secret_prefix) {
  const auto at = message.find(secret_prefix);
  if (at == std::string::npos || at == 0) return std::nullopt;
  const char quote = message[at - 1];
  const auto begin = at + secret_prefix.size() + 1;
  const auto end = message.find(quote, begin);
  if ((quote != '"' && quote != '\'') || end == std::string::npos) return std::nullopt;
  return message.substr(begin, end - begin);
}

Error ToError(const duckdb::ErrorData& error, const std::string& secret_prefix) {
  if (error.Type() == ExceptionType::OUT_OF_MEMORY) {
    // DuckDB's own text tells the client to change settings, which only the operator can do.
    return memory::QueryOutOfMemory(error.Message());
  }
  auto code = CodeOf(error.Type());
  auto message = error.Message();
  const bool names_file = message.find(secret_prefix) != std::string::npos;
  RemoveAll(message, secret_prefix);
  // When a file is not as its catalog entry says, the Parquet reader reports invalid input, with
  // the name of the file.
  if (names_file && code == ErrorCode::kInvalidInput) code = ErrorCode::kCorruptData;
  switch (code) {
    case ErrorCode::kStorageFailed:
      return {code, "A stored file cannot be read: an administrator finds its name in the log",
              message};
    case ErrorCode::kCorruptData:
      return {code, std::string(kDamagedFile), message};
    case ErrorCode::kInternal:
      return {code,
              "The query engine failed inside itself. That is a defect of the engine, not of the "
              "statement: "
              "please report it with the answer's X-Arc-Query-ID and the server's log",
              message};
    default:
      return {code, message};
  }
}

Error EngineLost() {
  return {ErrorCode::kOverloaded,
          "The query engine lost a thread, perhaps to another query, and was started anew: run the "
          "query again"};
}

}  // namespace arc::engine
