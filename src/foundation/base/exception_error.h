// Makes our errors out of a library's exceptions. For the catch clauses at the top of a thread, of
// a task and of a callback: nothing here throws, even when no memory is left.

#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "foundation/base/result.h"

namespace arc {

// The words of the exception that is being handled, cut to what fits.
class ExceptionText {
 public:
  // Requires: called within a catch clause.
  ExceptionText() noexcept;

  std::string_view view() const noexcept { return {text_.data(), length_}; }
  bool is_out_of_memory() const noexcept { return is_out_of_memory_; }

 private:
  std::array<char, 160> text_;
  std::size_t length_ = 0;
  bool is_out_of_memory_ = false;
};

// The exception that is being handled, as the error of the request that it ended: kOverloaded when
// memory ran out (the same request may work later), kInternal for anything else. Without memory for
// a sentence the message is short.
// Requires: called within a catch clause.
Error ErrorOfException() noexcept;

// Logs "<who> <what_follows>: <text>" as an error. When that fails too, nothing is thrown.
void LogExceptionOf(const char* who, const char* what_follows, const ExceptionText& text) noexcept;
void LogExceptionOf(const char* who, const char* what_follows) noexcept;

}  // namespace arc
