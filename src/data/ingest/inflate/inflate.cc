#include "data/ingest/inflate/inflate.h"

#include <fmt/format.h>
#include <libdeflate.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>

#include "foundation/base/allocated.h"

namespace arc::ingest {
namespace {

constexpr std::string_view kGzipMagic("\x1F\x8B", 2);
constexpr std::string_view kZstdMagic("\x28\xB5\x2F\xFD", 4);

constexpr std::size_t kFirstBytes = 64 * 1024;  // arbitrary: many bodies fit, and it costs little
constexpr std::size_t kGzipTrailerBytes = 8;    // checksum, then the unpacked size modulo 2^32
// Deflate cannot pack better than 1032 to 1: a trailer that claims more is wrong.
constexpr std::size_t kDeflateRatioMax = 1032;
// zstd has no such bound, so before its bytes were seen, a frame's claim is believed only up to
// this ratio.
constexpr std::size_t kZstdRatioBelieved = 64;

// The formats ask every decoder for 8 MiB windows; 128 MiB is zstd's own limit.
constexpr int kZstdWindowLogAlways = 23;
constexpr int kZstdWindowLogMax = 27;

Error TooLarge(std::size_t bytes_max) {
  return {ErrorCode::kTooLarge,
          fmt::format("Decompressed body is too large: more than {} bytes", bytes_max)};
}
Error Damaged(std::string_view format, std::string_view why) {
  return {ErrorCode::kInvalidInput, fmt::format("Failed to decompress {} data: {}", format, why)};
}

// Makes `unpacked` twice as long, up to `bytes_max`. Copies only the bytes that are used.
void Grow(std::string& unpacked, std::size_t bytes_used, std::size_t bytes_max) {
  const auto bytes = std::min(std::max(unpacked.size() * 2, kFirstBytes), bytes_max);
  if (bytes_used == 0) unpacked = std::string();
  unpacked.resize(bytes);
}

std::size_t GzipSizeHint(std::string_view body, std::size_t bytes_max) {
  std::uint32_t claimed = 0;
  if (body.size() < kGzipTrailerBytes) return 0;
  std::memcpy(&claimed, body.data() + body.size() - sizeof(claimed), sizeof(claimed));
  return std::min({std::size_t{claimed}, body.size() * kDeflateRatioMax, bytes_max});
}

struct DeflateDeleter {
  void operator()(libdeflate_decompressor* decompressor) const {
    libdeflate_free_decompressor(decompressor);
  }
};

Result<std::string> InflateGzip(std::string_view body, std::size_t bytes_max) {
  const std::unique_ptr<libdeflate_decompressor, DeflateDeleter> decompressor(
      Allocated(libdeflate_alloc_decompressor()));
  std::string unpacked(GzipSizeHint(body, bytes_max), '\0');
  std::size_t bytes_used = 0;
  while (!body.empty()) {
    if (!body.starts_with(kGzipMagic)) return Damaged("gzip", "other bytes after the end");
    std::size_t bytes_in = 0;
    std::size_t bytes_out = 0;
    switch (libdeflate_gzip_decompress_ex(decompressor.get(), body.data(), body.size(),
                                          unpacked.data() + bytes_used,
                                          unpacked.size() - bytes_used, &bytes_in, &bytes_out)) {
      case LIBDEFLATE_SUCCESS:
        bytes_used += bytes_out;
        body.remove_prefix(bytes_in);
        break;
      case LIBDEFLATE_INSUFFICIENT_SPACE:
        if (unpacked.size() >= bytes_max) return TooLarge(bytes_max);
        Grow(unpacked, bytes_used, bytes_max);
        break;
      default:
        return Damaged("gzip", "the data is damaged or cut short");
    }
  }
  unpacked.resize(bytes_used);
  return unpacked;
}

struct ZstdDeleter {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

std::size_t ZstdSizeHint(std::string_view body, std::size_t bytes_max) {
  const auto claimed = ZSTD_getFrameContentSize(body.data(), body.size());
  if (claimed == ZSTD_CONTENTSIZE_UNKNOWN || claimed == ZSTD_CONTENTSIZE_ERROR) return kFirstBytes;
  return std::min({static_cast<std::size_t>(claimed), body.size() * kZstdRatioBelieved, bytes_max});
}

int ZstdWindowLog(std::size_t bytes_max) {
  return std::clamp(static_cast<int>(std::bit_width(bytes_max)) - 1, kZstdWindowLogAlways,
                    kZstdWindowLogMax);
}

Result<std::string> InflateZstd(std::string_view body, std::size_t bytes_max) {
  const std::unique_ptr<ZSTD_DCtx, ZstdDeleter> context(Allocated(ZSTD_createDCtx()));
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, ZstdWindowLog(bytes_max));
  // One byte more than allowed: when it is used, the body is too large.
  const auto buffer_bytes_max = bytes_max + 1;
  std::string unpacked(ZstdSizeHint(body, buffer_bytes_max), '\0');
  ZSTD_inBuffer in{body.data(), body.size(), 0};
  ZSTD_outBuffer out{unpacked.data(), unpacked.size(), 0};
  std::size_t to_come = 0;  // 0: between two frames
  while (true) {
    to_come = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_getErrorCode(to_come) == ZSTD_error_memory_allocation) throw std::bad_alloc();
    if (ZSTD_isError(to_come)) {
      const bool window = ZSTD_getErrorCode(to_come) == ZSTD_error_frameParameter_windowTooLarge;
      return window ? TooLarge(bytes_max) : Damaged("zstd", ZSTD_getErrorName(to_come));
    }
    if (out.pos > bytes_max) return TooLarge(bytes_max);
    if (in.pos == in.size && (to_come == 0 || out.pos < out.size)) break;
    if (out.pos == out.size) {
      Grow(unpacked, out.pos, buffer_bytes_max);
      out.dst = unpacked.data();
      out.size = unpacked.size();
    }
  }
  if (to_come != 0) return Damaged("zstd", "the data is cut short");
  unpacked.resize(out.pos);
  return unpacked;
}

}  // namespace

BodyEncoding DetectEncoding(std::string_view body) {
  if (body.starts_with(kGzipMagic)) return BodyEncoding::kGzip;
  if (body.starts_with(kZstdMagic)) return BodyEncoding::kZstd;
  return BodyEncoding::kIdentity;
}

Result<std::string> Inflate(std::string_view body, BodyEncoding encoding, std::size_t bytes_max) {
  switch (encoding) {
    case BodyEncoding::kGzip:
      return InflateGzip(body, bytes_max);
    case BodyEncoding::kZstd:
      return InflateZstd(body, bytes_max);
    case BodyEncoding::kIdentity:
      break;
  }
  if (body.size() > bytes_max) return TooLarge(bytes_max);
  return std::string(body);
}

}  // namespace arc::ingest
