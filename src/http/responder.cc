#include "http/responder.h"

#include "base/check.h"
#include "http/error_answer.h"

namespace arc::http {

Responder::~Responder() {
  if (!deliver_) return;
  Send(ErrorAnswer(Error{ErrorCode::kInternal, "Internal Server Error",
                         "BUG: the handler dropped the request without an answer"}));
}

void Responder::Send(Response response) {
  CHECK(deliver_ != nullptr, "BUG: a request was answered twice");
  std::exchange(deliver_, nullptr)(std::move(response));
}

void Responder::OnClientGone(std::function<void()> call) {
  if (watch_client_) watch_client_(std::move(call));
}

}  // namespace arc::http
