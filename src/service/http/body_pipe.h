// The body of an answer that is sent while it is made.

#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "foundation/base/mutex.h"

namespace arc::http {

// One producer, anywhere, and the connection that sends what it makes. The client sees the end only
// when the producer has said Finish: a pipe that is aborted, or dropped before, ends the connection
// in the middle of the body (RFC 9112, 8: such a message is incomplete).
//
// Threads:  the producer's calls from one thread at a time, the connection's from its own.
// Limits:   the producer is told to wait while `unsent_max` bytes or more are unsent; one piece may
//           go over it.
class BodyPipe {
 public:
  enum class Flow {
    kGoOn,
    kWait,  // enough is unsent: WhenRoom says when to go on
    kStop,  // nobody reads any more
  };

  explicit BodyPipe(std::size_t unsent_max) : unsent_max_(unsent_max) {}
  BodyPipe(const BodyPipe&) = delete;
  BodyPipe& operator=(const BodyPipe&) = delete;

  // The producer's side; none of it waits.

  // Queues a piece; an empty one does nothing.
  Flow Write(std::string bytes);
  // Calls `call` once: when half of the limit is unsent at most, or nobody reads any more; on the
  // connection's thread, or before it returns. It must not block.
  void WhenRoom(std::function<void()> call);
  // The body is complete. Trailers are (name, value).
  void Finish(std::vector<std::pair<std::string, std::string>> trailers = {});
  // The body will never be complete. Nothing after Finish.
  void Abort();

  // The connection's side.

  struct Piece {
    enum class What { kBytes, kNothingYet, kEnd, kAborted };
    What what;
    std::string bytes;  // of kBytes, all that was queued; of kEnd, the trailer lines
  };

  // `wake` is called, under a lock, when there is something after a Take that found nothing.
  void Attach(std::function<void()> wake);
  Piece Take();
  // Nobody reads any more.
  void Detach();

 private:
  void WakeLocked() REQUIRES(mutex_);

  const std::size_t unsent_max_;
  Mutex mutex_;
  std::string unsent_ GUARDED_BY(mutex_);
  std::size_t in_flight_bytes_ GUARDED_BY(mutex_) = 0;  // given out by Take, until the next Take
  bool is_finished_ GUARDED_BY(mutex_) = false;
  bool is_aborted_ GUARDED_BY(mutex_) = false;
  bool is_detached_ GUARDED_BY(mutex_) = false;
  bool is_awaited_ GUARDED_BY(mutex_) = false;
  std::string trailers_ GUARDED_BY(mutex_);
  std::function<void()> wake_ GUARDED_BY(mutex_);
  std::function<void()> on_room_ GUARDED_BY(mutex_);
};

}  // namespace arc::http
