#include "data/store/ballast.h"

#include <string_view>
#include <utility>
#include <vector>

#include "foundation/base/log.h"

namespace arc::store {
namespace {

Result<void> WriteZeros(fs::FileSystem& file_system, const std::string& path) {
  const std::vector<char> zeros(std::size_t{1} << 20);
  const auto file = TRY(file_system.Create(path));
  for (std::uint64_t written = 0; written < Ballast::kByteCount; written += zeros.size()) {
    TRY(file->Append({zeros.data(), zeros.size()}));
  }
  TRY(file->Sync());
  return file->Close();
}

}  // namespace

Ballast::Ballast(std::string path, fs::FileSystem& file_system)
    : path_(std::move(path)), file_system_(file_system) {}

void Ballast::Fill() {
  const auto exists = file_system_.Exists(path_);
  if (!exists.ok() || exists.value()) return;
  const auto free_bytes = file_system_.FreeBytes(fs::ParentOf(path_));
  if (!free_bytes.ok() || free_bytes.value() < 2 * kByteCount) return;
  const auto written = WriteZeros(file_system_, path_);
  if (written.ok()) return;
  LogWarning("no ballast for a full disk: {}", LogText(written.error()));
  IgnoreFailure(file_system_.Remove(path_), "what is there of it still serves");
}

bool Ballast::Release() {
  const auto removed = file_system_.Remove(path_);
  if (removed.ok()) LogWarning("the disk is full: ballast of {} bytes given back", kByteCount);
  return removed.ok();
}

}  // namespace arc::store
