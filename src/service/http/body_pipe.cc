#include "service/http/body_pipe.h"

#include <utility>

namespace arc::http {

BodyPipe::Flow BodyPipe::Write(std::string bytes) {
  MutexLock lock(mutex_);
  if (is_detached_) return Flow::kStop;
  if (bytes.empty()) return Flow::kGoOn;
  if (unsent_.empty()) {
    unsent_ = std::move(bytes);
  } else {
    unsent_ += bytes;
  }
  WakeLocked();
  return unsent_.size() + in_flight_bytes_ >= unsent_max_ ? Flow::kWait : Flow::kGoOn;
}

void BodyPipe::WhenRoom(std::function<void()> call) {
  {
    MutexLock lock(mutex_);
    if (!is_detached_ && unsent_.size() + in_flight_bytes_ > unsent_max_ / 2) {
      on_room_ = std::move(call);
      return;
    }
  }
  call();
}

void BodyPipe::Finish(std::vector<std::pair<std::string, std::string>> trailers) {
  MutexLock lock(mutex_);
  for (const auto& [name, value] : trailers) {
    trailers_.append(name).append(": ");
    // A line break would end the trailer, and start one that nobody meant.
    for (const char c : value) trailers_ += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    trailers_ += "\r\n";
  }
  is_finished_ = true;
  WakeLocked();
}

void BodyPipe::Abort() {
  MutexLock lock(mutex_);
  if (is_finished_) return;
  is_aborted_ = true;
  WakeLocked();
}

void BodyPipe::Attach(std::function<void()> wake) {
  MutexLock lock(mutex_);
  wake_ = std::move(wake);
}

BodyPipe::Piece BodyPipe::Take() {
  Piece piece{Piece::What::kNothingYet, {}};
  std::function<void()> call;
  {
    MutexLock lock(mutex_);
    is_awaited_ = false;
    if (!unsent_.empty()) {
      piece = {Piece::What::kBytes, std::exchange(unsent_, {})};
    } else if (is_finished_) {
      piece = {Piece::What::kEnd, std::move(trailers_)};
    } else if (is_aborted_) {
      piece.what = Piece::What::kAborted;
    } else {
      is_awaited_ = true;
    }
    in_flight_bytes_ = piece.bytes.size();
    if (in_flight_bytes_ <= unsent_max_ / 2) call = std::exchange(on_room_, nullptr);
  }
  if (call) call();
  return piece;
}

void BodyPipe::Detach() {
  std::function<void()> call;
  {
    MutexLock lock(mutex_);
    is_detached_ = true;
    unsent_ = {};
    wake_ = nullptr;
    call = std::exchange(on_room_, nullptr);
  }
  if (call) call();
}

void BodyPipe::WakeLocked() {
  if (!is_awaited_ || !wake_) return;
  is_awaited_ = false;
  wake_();
}

}  // namespace arc::http
