#include "query/format/spool.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace arc::format {

Result<std::unique_ptr<SpoolFile>> Spool::Create() {
  const auto path = fmt::format("{}/result-{}", directory_, next_number_++);
  auto file = TRY(files_.OpenRandom(path, fs::FileSystem::IfAbsent::kCreate));
  TRY(files_.Remove(path));
  return std::make_unique<SpoolFile>(*this, std::move(file));
}

Result<std::uint64_t> SpoolFile::Append(std::string_view bytes) {
  if (spool_.byte_count_.fetch_add(bytes.size()) + bytes.size() > spool_.bytes_max_) {
    spool_.byte_count_ -= bytes.size();
    return Error{ErrorCode::kTooLarge,
                 fmt::format("results in this format are kept on disk until they are complete, and "
                             "all of them together would exceed query.max_spool_size ({} bytes): "
                             "ask for less, or in a format that is sent as it is made",
                             spool_.bytes_max_)};
  }
  const auto offset = std::exchange(byte_count_, byte_count_ + bytes.size());
  TRY(file_->WriteAt(offset, std::array{bytes}));
  return offset;
}

Result<void> SpoolFile::Read(std::uint64_t offset, std::size_t size, std::string& out) {
  const auto begin = out.size();
  out.resize(begin + size);
  const auto count = TRY(file_->ReadAt(offset, {out.data() + begin, size}));
  if (count == size) return {};
  return Error{ErrorCode::kStorageFailed, "a temporary file is shorter than what was written"};
}

}  // namespace arc::format
