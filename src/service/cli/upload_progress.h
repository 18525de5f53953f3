// The line on a terminal that shows how an upload is going.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "foundation/time/clock.h"

namespace arc::cli {

// "[####......]  42%  12.3 MB of 29.4 MB  3.1 MB/s", at most `columns` wide; once everything is
// sent, "waiting for the server... 12 s".
std::string ProgressLine(std::uint64_t sent, std::uint64_t total, std::chrono::milliseconds sending,
                         std::chrono::milliseconds waiting, std::size_t columns);

// Draws that line over itself, a few times a second.
//
// Threads: one.
class UploadProgress {
 public:
  UploadProgress(std::ostream& out, const Clock& clock, std::uint64_t total_bytes,
                 std::size_t columns);
  // Takes the line away.
  ~UploadProgress();

  UploadProgress(const UploadProgress&) = delete;
  UploadProgress& operator=(const UploadProgress&) = delete;

  void Update(std::uint64_t sent_bytes);

 private:
  std::ostream& out_;
  const Clock& clock_;
  const std::uint64_t total_bytes_;
  const std::size_t columns_;
  const Clock::SteadyTime begin_;
  std::optional<Clock::SteadyTime> drawn_at_;
  std::optional<Clock::SteadyTime> all_sent_at_;
};

}  // namespace arc::cli
