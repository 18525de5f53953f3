#include "service/http/responder.h"

#include "foundation/base/check.h"
#include "foundation/base/exception_error.h"
#include "service/http/error_answer.h"

namespace arc::http {

Responder::~Responder() {
  if (!deliver_) return;
  try {
    dropped_ ? dropped_() : Send(DroppedAnswer());
  } catch (...) {
    LogExceptionOf("http", "could not answer for a handler");
  }
}

Response DroppedAnswer() {
  return ErrorAnswer(Error{ErrorCode::kInternal, "Internal Server Error",
                           "BUG: the handler dropped the request without an answer"});
}

void Responder::Send(Response response) {
  CHECK(deliver_ != nullptr, "BUG: a request was answered twice");
  std::exchange(deliver_, nullptr)(std::move(response));
}

void Responder::OnClientGone(std::function<void()> call) {
  if (watch_client_) watch_client_(std::move(call));
}

}  // namespace arc::http
