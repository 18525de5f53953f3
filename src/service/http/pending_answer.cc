#include "service/http/pending_answer.h"

#include <utility>

#include "service/http/body_pipe.h"
#include "service/http/responder.h"

namespace arc::http {

void PendingAnswer::Deliver(Response response) {
  std::function<void()> not_needed;  // destroyed after the lock: it may hold anything
  MutexLock lock(mutex_);
  not_needed = std::exchange(on_client_gone_, nullptr);
  if (is_abandoned_) {
    if (response.stream) response.stream->Detach();
    return;
  }
  response_ = std::move(response);
  if (is_awaited_) notifier_->Notify();
}

void PendingAnswer::Drop() noexcept {
  std::function<void()> not_needed;
  MutexLock lock(mutex_);
  not_needed.swap(on_client_gone_);
  is_dropped_ = true;
  if (is_awaited_) notifier_->Notify();
}

void PendingAnswer::DeliverIfDropped(Response response) {
  MutexLock lock(mutex_);
  if (std::exchange(is_dropped_, false)) response_ = std::move(response);
}

void PendingAnswer::OnClientGone(std::function<void()> call) {
  {
    MutexLock lock(mutex_);
    if (!is_abandoned_) {
      on_client_gone_ = std::move(call);
      return;
    }
  }
  call();
}

std::optional<Response> PendingAnswer::TakeOrAwait() {
  MutexLock lock(mutex_);
  if (is_dropped_) response_ = DroppedAnswer();
  is_dropped_ = false;
  is_awaited_ = !response_.has_value();
  return std::exchange(response_, std::nullopt);
}

bool PendingAnswer::IsClientWatched() {
  MutexLock lock(mutex_);
  return on_client_gone_ != nullptr;
}

void PendingAnswer::Abandon() {
  std::function<void()> call;
  {
    MutexLock lock(mutex_);
    is_abandoned_ = true;
    call = std::exchange(on_client_gone_, nullptr);
    if (response_ && response_->stream) response_->stream->Detach();
  }
  if (call) call();
}

}  // namespace arc::http
