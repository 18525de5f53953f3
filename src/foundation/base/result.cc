#include "foundation/base/result.h"

#include <array>
#include <cstddef>
#include <functional>
#include <new>

namespace arc {
namespace {

// Short enough to fit into the string object: it needs no allocation.
constexpr char kNoMemory[] = "out of memory";

// One error for each code. Never changed.
std::array<Error, static_cast<std::size_t>(ErrorCode::kInternal) + 1>& FixedErrors() {
  static auto errors = [] {
    std::array<Error, static_cast<std::size_t>(ErrorCode::kInternal) + 1> made{};
    for (std::size_t i = 0; i < made.size(); i++) made[i] = {static_cast<ErrorCode>(i), kNoMemory};
    return made;
  }();
  return errors;
}

bool IsFixed(const Error* error) {
  const auto& errors = FixedErrors();
  return !std::less<>{}(error, errors.data()) &&
         std::less<>{}(error, errors.data() + errors.size());
}

}  // namespace

KeptError KeepError(Error error) noexcept {
  const auto code = error.code;
  auto* kept = new (std::nothrow) Error(std::move(error));
  return KeptError(kept != nullptr ? kept : &FixedErrors()[static_cast<std::size_t>(code)]);
}

void ErrorDeleter::operator()(Error* error) const noexcept {
  if (!IsFixed(error)) delete error;
}

Error TakeKept(Error& error) noexcept {
  return IsFixed(&error) ? Error{error.code, kNoMemory} : std::move(error);
}

Error CopyOf(const Error& error) noexcept {
  try {
    return error;
  } catch (...) {
    return {error.code, kNoMemory};
  }
}

}  // namespace arc
