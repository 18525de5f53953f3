#include "data/ingest/line_protocol/structural_window.h"

#include <algorithm>

namespace arc::ingest::line_protocol {

void StructuralWindow::Reset(std::string_view body) {
  body_ = body;
  positions_.resize(kWindowBytes + kStructuralSlack);
  window_begin_ = window_end_ = 0;
  count_ = next_ = 0;
}

void StructuralWindow::Seek(std::size_t position) {
  if (position >= window_end_) return Scan(position);
  while (next_ < count_ && positions_[next_] < position) next_++;
}

bool StructuralWindow::MoveTo(std::size_t position) {
  if (position == window_begin_) return false;
  Scan(position);
  return true;
}

void StructuralWindow::Scan(std::size_t position) {
  const auto text = body_.substr(position, kWindowBytes);
  window_begin_ = position;
  window_end_ = position + text.size();
  count_ = ScanStructurals(text, static_cast<std::uint32_t>(position), positions_.data());
  next_ = 0;
}

}  // namespace arc::ingest::line_protocol
