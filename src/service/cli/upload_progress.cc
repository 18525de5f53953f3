#include "service/cli/upload_progress.h"

#include <fmt/format.h>

#include <algorithm>

#include "service/cli/display_text.h"
#include "service/cli/human_numbers.h"

namespace arc::cli {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr milliseconds kRedrawInterval{100};
constexpr std::size_t kBarColumns = 30;
// Back to the beginning of the line, and remove what stands there.
constexpr std::string_view kClearLine = "\r\x1b[K";

}  // namespace

std::string ProgressLine(std::uint64_t sent, std::uint64_t total, milliseconds sending,
                         milliseconds waiting, std::size_t columns) {
  if (sent >= total) {
    return CutToWidth(fmt::format("sent {}, waiting for the server... {} s",
                                  FormatBytes(static_cast<double>(total)), waiting.count() / 1000),
                      columns);
  }
  const double part = static_cast<double>(sent) / static_cast<double>(total);
  const auto filled = static_cast<std::size_t>(part * kBarColumns);
  const double seconds = std::max(static_cast<double>(sending.count()), 1.0) / 1000;
  const auto line = fmt::format(
      "[{}{}] {:3.0f}%  {} of {}  {}/s", std::string(filled, '#'),
      std::string(kBarColumns - filled, '.'), part * 100, FormatBytes(static_cast<double>(sent)),
      FormatBytes(static_cast<double>(total)), FormatBytes(static_cast<double>(sent) / seconds));
  return CutToWidth(line, columns);
}

UploadProgress::UploadProgress(std::ostream& out, const Clock& clock, std::uint64_t total_bytes,
                               std::size_t columns)
    : out_(out),
      clock_(clock),
      total_bytes_(total_bytes),
      columns_(columns),
      begin_(clock.NowSteady()) {}

UploadProgress::~UploadProgress() {
  if (drawn_at_.has_value()) out_ << kClearLine << std::flush;
}

void UploadProgress::Update(std::uint64_t sent_bytes) {
  const auto now = clock_.NowSteady();
  const bool has_sent_all = sent_bytes >= total_bytes_;
  const bool has_just_sent_all = has_sent_all && !all_sent_at_.has_value();
  if (has_just_sent_all) all_sent_at_ = now;
  const bool is_due = !drawn_at_.has_value() || now - *drawn_at_ >= kRedrawInterval;
  if (!is_due && !has_just_sent_all) return;
  drawn_at_ = now;
  out_ << kClearLine
       << ProgressLine(sent_bytes, total_bytes_, duration_cast<milliseconds>(now - begin_),
                       duration_cast<milliseconds>(now - all_sent_at_.value_or(now)), columns_)
       << std::flush;
}

}  // namespace arc::cli
