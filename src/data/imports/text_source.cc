#include "data/imports/text_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

namespace arc::imports {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{4} << 20;
constexpr std::size_t kRecordBytesMax = std::size_t{16} << 20;

}  // namespace

Result<std::unique_ptr<TextSource>> TextSource::Open(fs::FileSystem& file_system,
                                                     const std::string& path, std::uint64_t offset,
                                                     std::uint64_t byte_count, Decoder decode) {
  auto file = TRY(file_system.Open(path));
  return std::unique_ptr<TextSource>(
      new TextSource(std::move(file), offset, offset + byte_count, std::move(decode)));
}

Result<std::optional<DecodedBody>> TextSource::Next(const SchemaSource& schemas) {
  while (offset_ < end_ || !text_.empty()) {
    TRY(ReadMore());
    std::string_view text = text_;
    auto rest = offset_ < end_ ? Rest::kFollows : Rest::kNone;
    auto piece = decode_(text, rest, schemas);
    if (piece.bytes_used == 0 && text.size() >= kRecordBytesMax) {
      // It cannot be one record, then: decode its lines one by one.
      text = text.substr(0, text.rfind('\n') + 1);
      if (text.empty()) {
        return Error{ErrorCode::kUnprocessable, fmt::format("line {} is longer than {} bytes",
                                                            lines_before_ + 1, kRecordBytesMax)};
      }
      piece = decode_(text, Rest::kNone, schemas);
    }
    text_.erase(0, piece.bytes_used);
    for (auto& rejection : piece.body.rejections.first) rejection.line += lines_before_;
    lines_before_ += piece.lines_used;
    if (piece.bytes_used > 0) return std::optional<DecodedBody>(std::move(piece.body));
  }
  return std::optional<DecodedBody>();
}

Result<void> TextSource::ReadMore() {
  const auto kept = text_.size();
  text_.resize(kept + std::min<std::uint64_t>(kPieceBytes, end_ - offset_));
  const auto count = TRY(file_->ReadAt(offset_, std::span(text_).subspan(kept)));
  text_.resize(kept + count);
  offset_ = count == 0 ? end_ : offset_ + count;
  return {};
}

}  // namespace arc::imports
