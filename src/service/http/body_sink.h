// Where the bytes of a request's body go while they arrive.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "service/http/message.h"

namespace arc::http {

// Belongs to the connection's I/O thread. A sink destroyed before Finish leaves nothing behind.
class BodySink {
 public:
  virtual ~BodySink() = default;
  // Fails with kTooLarge past the sink's limit, with kOverloaded when the server holds too many
  // bodies, with kStorageFailed when the disk refuses. Not to be called after a failure.
  virtual Result<void> Append(std::string_view piece) = 0;
  // Hands the complete body to the request.
  virtual Result<void> Finish(Request& request) = 0;
};

class MemorySink : public BodySink {
 public:
  // `expected_bytes` is what the client announces; memory is taken for what arrives.
  MemorySink(std::uint64_t bytes_max, std::optional<std::uint64_t> expected_bytes,
             std::shared_ptr<BodyBudget> budget);

  Result<void> Append(std::string_view piece) override;
  Result<void> Finish(Request& request) override;

 private:
  void MakeRoomFor(std::size_t bytes);

  const std::uint64_t bytes_max_;
  const std::optional<std::uint64_t> expected_bytes_;
  BodyReservation reservation_;
  std::string body_;
};

// Writes on the I/O thread, in pieces of 128 KiB, and never syncs: the page cache takes a piece in
// some ten microseconds. Only when the kernel throttles a writer because the disk falls far behind
// does the thread's other connections wait with it.
class SpoolSink : public BodySink {
 public:
  // Creates the file. `file_system` must outlive the sink and its body.
  static Result<std::unique_ptr<BodySink>> Open(fs::FileSystem& file_system, std::string path,
                                                std::uint64_t bytes_max);

  Result<void> Append(std::string_view piece) override;
  Result<void> Finish(Request& request) override;

 private:
  SpoolSink(std::unique_ptr<fs::AppendFile> file, std::unique_ptr<SpooledBody> spooled,
            std::uint64_t bytes_max);
  Result<void> WritePending();

  const std::uint64_t bytes_max_;
  std::unique_ptr<SpooledBody> spooled_;  // removes the file unless handed on
  std::unique_ptr<fs::AppendFile> file_;
  std::string pending_;
};

// The refusal of a body over the limit.
Error BodyTooLarge(std::uint64_t bytes_max);
// The refusal of a body for which there is no memory now.
Error BodiesOverBudget();

}  // namespace arc::http
