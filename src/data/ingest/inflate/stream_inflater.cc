#include "data/ingest/inflate/stream_inflater.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>

#include "foundation/base/allocated.h"
#include "foundation/base/check.h"

namespace arc::ingest {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr int kZstdWindowLogMax = 27;  // the format's usual limit: 128 MiB

Error Damaged(std::string_view format, std::string_view why) {
  return {ErrorCode::kInvalidInput, fmt::format("Failed to decompress {} data: {}", format, why)};
}

class GzipInflater : public StreamInflater {
 public:
  GzipInflater() {
    constexpr int kGzipWindow = 15 + 16;  // the largest window, with gzip's header and trailer
    const int status = inflateInit2(&stream_, kGzipWindow);
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    CHECK(status == Z_OK, "BUG: zlib refuses its parameters");
  }
  GzipInflater(const GzipInflater&) = delete;
  GzipInflater& operator=(const GzipInflater&) = delete;
  ~GzipInflater() override { inflateEnd(&stream_); }

  Result<void> Add(std::string_view packed, const Sink& sink) override {
    // zlib only reads the input, although its interface has no const.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    CHECK(packed.size() <= std::numeric_limits<uInt>::max(), "a piece of over 4 GiB");
    stream_.avail_in = static_cast<uInt>(packed.size());
    bool has_more = false;  // the last step ended because the output was full
    while (stream_.avail_in > 0 || has_more) {
      if (is_between_members_) {
        CHECK(inflateReset(&stream_) == Z_OK, "zlib lost its state");
        is_between_members_ = false;
      }
      stream_.next_out = reinterpret_cast<Bytef*>(piece_.data());
      stream_.avail_out = static_cast<uInt>(piece_.size());
      const int status = inflate(&stream_, Z_NO_FLUSH);
      if (status == Z_MEM_ERROR) throw std::bad_alloc();
      if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
        return Damaged("gzip", stream_.msg == nullptr ? "the data is damaged" : stream_.msg);
      }
      const auto count = piece_.size() - stream_.avail_out;
      if (count > 0) TRY(sink({piece_.data(), count}));
      is_between_members_ = status == Z_STREAM_END;
      has_more = stream_.avail_out == 0 && !is_between_members_;
    }
    return {};
  }

  Result<void> Finish() override {
    return is_between_members_ ? Result<void>() : Damaged("gzip", "the data is cut short");
  }

 private:
  z_stream stream_{};
  bool is_between_members_ = false;
  std::array<char, kPieceBytes> piece_;
};

struct ZstdDeleter {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

class ZstdInflater : public StreamInflater {
 public:
  ZstdInflater() : context_(Allocated(ZSTD_createDCtx())) {
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kZstdWindowLogMax);
  }

  Result<void> Add(std::string_view packed, const Sink& sink) override {
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    bool has_more = false;
    while (in.pos < in.size || has_more) {
      ZSTD_outBuffer out{piece_.data(), piece_.size(), 0};
      to_come_ = ZSTD_decompressStream(context_.get(), &out, &in);
      if (ZSTD_getErrorCode(to_come_) == ZSTD_error_memory_allocation) throw std::bad_alloc();
      if (ZSTD_isError(to_come_)) return Damaged("zstd", ZSTD_getErrorName(to_come_));
      if (out.pos > 0) TRY(sink({piece_.data(), out.pos}));
      has_more = out.pos == out.size && to_come_ != 0;
    }
    return {};
  }

  Result<void> Finish() override {
    return to_come_ == 0 ? Result<void>() : Damaged("zstd", "the data is cut short");
  }

 private:
  const std::unique_ptr<ZSTD_DCtx, ZstdDeleter> context_;
  std::size_t to_come_ = 1;  // 0: between two frames
  std::array<char, kPieceBytes> piece_;
};

}  // namespace

std::unique_ptr<StreamInflater> MakeStreamInflater(BodyEncoding encoding) {
  CHECK(encoding != BodyEncoding::kIdentity, "BUG: nothing to unpack");
  if (encoding == BodyEncoding::kGzip) return std::make_unique<GzipInflater>();
  return std::make_unique<ZstdInflater>();
}

}  // namespace arc::ingest
