#include "service/http/body_sink.h"

#include <fmt/format.h>

#include <algorithm>

namespace arc::http {
namespace {

// Memory taken at once because a header announces it: more follows only as bytes arrive.
constexpr std::uint64_t kFirstReserveBytes = 1 << 20;

constexpr std::size_t kSpoolPieceBytes = 128 << 10;

}  // namespace

Error BodyTooLarge(std::uint64_t bytes_max) {
  return {ErrorCode::kTooLarge,
          fmt::format("Request body is larger than the limit of {} bytes; send less at once",
                      bytes_max)};
}

Error BodiesOverBudget() {
  return {ErrorCode::kOverloaded, "Too many request bodies are in memory; try again later"};
}

MemorySink::MemorySink(std::uint64_t bytes_max, std::optional<std::uint64_t> expected_bytes,
                       std::shared_ptr<BodyBudget> budget)
    : bytes_max_(bytes_max), expected_bytes_(expected_bytes), reservation_(std::move(budget)) {
  body_.reserve(std::min(expected_bytes.value_or(0), kFirstReserveBytes));
}

Result<void> MemorySink::Append(std::string_view piece) {
  if (piece.size() > bytes_max_ - body_.size()) return BodyTooLarge(bytes_max_);
  if (!reservation_.Grow(piece.size())) return BodiesOverBudget();
  MakeRoomFor(piece.size());
  body_.append(piece);
  return {};
}

// Doubles, but not past the end that the client announced.
void MemorySink::MakeRoomFor(std::size_t bytes) {
  const std::size_t needed = body_.size() + bytes;
  if (needed <= body_.capacity()) return;
  const std::size_t doubled = body_.capacity() * 2;
  body_.reserve(
      std::max(needed, std::min<std::size_t>(doubled, expected_bytes_.value_or(doubled))));
}

Result<void> MemorySink::Finish(Request& request) {
  request.body = std::move(body_);
  request.body_reservation = std::move(reservation_);
  return {};
}

Result<std::unique_ptr<BodySink>> SpoolSink::Open(fs::FileSystem& file_system, std::string path,
                                                  std::uint64_t bytes_max) {
  auto file = TRY(file_system.Create(path));
  auto spooled = std::make_unique<SpooledBody>(file_system, std::move(path));
  return std::unique_ptr<BodySink>(new SpoolSink(std::move(file), std::move(spooled), bytes_max));
}

SpoolSink::SpoolSink(std::unique_ptr<fs::AppendFile> file, std::unique_ptr<SpooledBody> spooled,
                     std::uint64_t bytes_max)
    : bytes_max_(bytes_max), spooled_(std::move(spooled)), file_(std::move(file)) {}

Result<void> SpoolSink::Append(std::string_view piece) {
  if (piece.size() > bytes_max_ - spooled_->byte_count_) return BodyTooLarge(bytes_max_);
  spooled_->byte_count_ += piece.size();
  pending_.append(piece);
  if (pending_.size() >= kSpoolPieceBytes) TRY(WritePending());
  return {};
}

Result<void> SpoolSink::WritePending() {
  TRY(file_->Append(pending_));
  pending_.clear();
  return {};
}

Result<void> SpoolSink::Finish(Request& request) {
  TRY(WritePending());
  TRY(file_->Close());
  request.spooled = std::move(spooled_);
  return {};
}

}  // namespace arc::http
