#include "data/inventory/losses.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "foundation/base/log.h"
#include "foundation/time/time_text.h"

namespace arc::inventory {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{1} << 20;

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size() && lines.size() < Losses::kMax;) {
    const auto end = std::min(text.find('\n', begin), text.size());
    if (end > begin) lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

}  // namespace

Result<std::unique_ptr<Losses>> Losses::Open(fs::FileSystem& file_system, const Clock& clock,
                                             std::string path) {
  std::unique_ptr<Losses> losses(new Losses(file_system, clock, std::move(path)));
  const auto text = fs::ReadWholeFile(file_system, losses->path_, kFileBytesMax);
  if (!text.ok() && text.error().code == ErrorCode::kNotFound) return losses;
  if (!text.ok()) return text.error();
  MutexLock lock(losses->mutex_);
  losses->lines_ = LinesOf(text.value());
  losses->is_on_disk_ = true;
  return losses;
}

Result<void> Losses::Add(const std::string& loss) {
  LogError("missing: {}", loss);
  MutexLock lock(mutex_);
  const bool is_known = std::any_of(lines_.begin(), lines_.end(), [&](const std::string& line) {
    return line.ends_with(" " + loss);
  });
  if (is_known || lines_.size() >= kMax) return {};
  lines_.push_back(fmt::format("{} {}", Rfc3339(clock_.NowMicros()), loss));
  TRY(fs::WriteWholeFile(file_system_, path_, fmt::format("{}\n", fmt::join(lines_, "\n"))));
  is_on_disk_ = true;
  return {};
}

std::vector<std::string> Losses::List() const {
  MutexLock lock(mutex_);
  return lines_;
}

void Losses::Refresh() {
  {
    MutexLock lock(mutex_);
    if (!is_on_disk_) return;
  }
  const auto exists = file_system_.Exists(path_);
  if (!exists.ok() || exists.value()) return;
  MutexLock lock(mutex_);
  LogInfo("missing: {} entries were accepted: {} was removed", lines_.size(), path_);
  lines_.clear();
  is_on_disk_ = false;
}

}  // namespace arc::inventory
