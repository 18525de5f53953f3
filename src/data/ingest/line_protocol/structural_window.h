// The structural bytes of the part of a body that is being decoded.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "data/ingest/line_protocol/structural_scan.h"

namespace arc::ingest::line_protocol {

// A window that moves forward over the body. It is small enough that its text and positions stay in
// the processor's caches, and it bounds the memory, however large the body is.
class StructuralWindow {
 public:
  // Starts over, before body[0]. `body` must outlive the use of the window.
  void Reset(std::string_view body);

  // Moves to the first structural byte at or after `position`, and scans a new part of the body
  // when `position` is outside of the window. Positions must not go back from call to call.
  void Seek(std::size_t position);
  // Takes all positions before `next`, which is one of begin() to end().
  void Take(const std::uint32_t* next) {
    next_ = static_cast<std::size_t>(next - positions_.data());
  }
  // Scans anew from `position`. Returns false when the window begins there already.
  bool MoveTo(std::size_t position);

  // The positions from where Seek, Take or MoveTo stopped, to the end of the window.
  const std::uint32_t* begin() const { return positions_.data() + next_; }
  const std::uint32_t* end() const { return positions_.data() + count_; }

 private:
  static constexpr std::size_t kWindowBytes =
      32 * 1024;  // arbitrary: far more than a line, and cached

  void Scan(std::size_t position);

  std::string_view body_;
  std::size_t window_begin_ = 0;
  std::size_t window_end_ = 0;
  std::vector<std::uint32_t> positions_;
  std::size_t count_ = 0;
  std::size_t next_ = 0;
};

}  // namespace arc::ingest::line_protocol
