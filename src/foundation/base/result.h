// A value, or the error that explains why there is no value. Expected failures travel as Result
// through the whole server; exceptions belong to libraries and stop at the folder that calls them.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace arc {

// Each code says who can act on the failure. HTTP statuses are chosen from it in one place
// (http/error_answer.cc).
enum class ErrorCode {
  kInvalidInput,     // the client must change the request
  kUnauthenticated,  // the client must present a valid token
  kForbidden,        // the token does not allow this
  kNotFound,         // the named thing does not exist
  kAlreadyExists,    // the named thing exists already
  kTooLarge,         // the client must send less, or ask for less, at once
  kUnprocessable,    // the client must repair the file it sent: its contents cannot be read
  kOverloaded,       // the client may retry the same request later
  kNoSpace,          // the operator must make room on a disk; then the same request works
  kUnavailable,      // the operator must act before any such request works; retrying is harmless
  kDeadlinePassed,   // the work took longer than allowed
  kCancelled,        // the caller or the shutdown stopped the work
  kCorruptData,      // the operator must look: stored bytes fail their check
  kStorageFailed,    // the operator must look: the disk refused
  kInternal,         // we must fix it: a dependency failed in a way we did not expect
};

struct Error {
  ErrorCode code;
  std::string message;   // For the client: what failed, and what to do about it.
  std::string detail{};  // For the log: path, errno, position. Never a secret.
};

// The message for a log line: what the client hears and what only the operator may know.
inline std::string LogText(const Error& error) {
  return error.detail.empty() ? error.message : error.message + " [" + error.detail + "]";
}

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  const T& value() const { return std::get<0>(state_); }
  T& value() { return std::get<0>(state_); }
  const Error& error() const { return std::get<1>(state_); }
  T TakeValue() && { return std::get<0>(std::move(state_)); }
  Error TakeError() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

// Keeps an Error on the heap. Without memory for that, it keeps a pointer to a fixed error, made in
// advance, that has the same code and says "out of memory".
struct ErrorDeleter {
  void operator()(Error* error) const noexcept;
};
using KeptError = std::unique_ptr<Error, ErrorDeleter>;
KeptError KeepError(Error error) noexcept;
// Moves the error out of its holder; a fixed error is copied instead.
Error TakeKept(Error& error) noexcept;
// A copy. Without memory for the texts it has the same code and says "out of memory".
Error CopyOf(const Error& error) noexcept;

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) noexcept : error_(KeepError(std::move(error))) {}

  bool ok() const { return error_ == nullptr; }
  const Error& error() const { return *error_; }
  void TakeValue() && {}
  Error TakeError() && { return TakeKept(*error_); }

 private:
  KeptError error_;
};

// Drops a result on purpose, where a failure has no consequence; `reason` is for the reader.
template <class T>
void IgnoreFailure(Result<T>&&, [[maybe_unused]] std::string_view reason) {}

// Yields the value of `expression`, or returns its error from the enclosing function.
#define TRY(expression)                                             \
  __extension__({                                                   \
    auto try_result = (expression);                                 \
    if (!try_result.ok()) return std::move(try_result).TakeError(); \
    std::move(try_result).TakeValue();                              \
  })

}  // namespace arc
