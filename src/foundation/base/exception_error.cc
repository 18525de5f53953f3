#include "foundation/base/exception_error.h"

#include <algorithm>
#include <exception>
#include <new>
#include <string>

#include "foundation/base/log.h"

namespace arc {

ExceptionText::ExceptionText() noexcept {
  const auto keep = [this](std::string_view text) {
    length_ = std::min(text.size(), text_.size());
    std::copy_n(text.begin(), length_, text_.begin());
  };
  try {
    throw;
  } catch (const std::bad_alloc& exception) {
    is_out_of_memory_ = true;
    keep(exception.what());
  } catch (const std::exception& exception) {
    keep(exception.what());
  } catch (...) {
    keep("an exception that is none of the standard library");
  }
}

Error ErrorOfException() noexcept {
  const ExceptionText text;
  try {
    if (text.is_out_of_memory()) {
      return {ErrorCode::kOverloaded,
              "the server has no memory left for this request: retry later, or send less at once",
              std::string(text.view())};
    }
    return {ErrorCode::kInternal, "Internal Server Error", "BUG: " + std::string(text.view())};
  } catch (...) {
    // Short enough to fit into the string object: it needs no allocation.
    return {text.is_out_of_memory() ? ErrorCode::kOverloaded : ErrorCode::kInternal,
            "out of memory"};
  }
}

void LogExceptionOf(const char* who, const char* what_follows, const ExceptionText& text) noexcept {
  LogError("{} {}: {}", who, what_follows, text.view());
}

void LogExceptionOf(const char* who, const char* what_follows) noexcept {
  LogExceptionOf(who, what_follows, ExceptionText());
}

}  // namespace arc
