// The structural bytes of the part of a body that is being decoded.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "data/ingest/line_protocol/structural_scan.h"

namespace arc::ingest::line_protocol {

// A window moves forward over the body, small enough that text and positions stay in the
// processor's nearest caches, so that memory is bounded however large the body is.
class StructuralWindow {
 public:
  // Starts over, before body[0]. `body` must outlive the use of the window.
  void Reset(std::string_view body);

  // Moves to the first structural byte at or after `position` (never before that of the last
  // call), scanning a new part of the body when `position` has left the window.
  void Seek(std::size_t position);
  // Takes all positions before `next`, which is one of begin() to end().
  void Take(const std::uint32_t* next) {
    next_ = static_cast<std::size_t>(next - positions_.data());
  }
  // Scans anew from `position`. False when that is where the window begins already.
  bool MoveTo(std::size_t position);

  // The positions from where Seek or MoveTo left off to the end of the window.
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
