#include "query/format/compressor.h"

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <cstdlib>
#include <new>

#include "foundation/base/allocated.h"
#include "foundation/base/check.h"
#include "foundation/text/ascii.h"

namespace arc::format {
namespace {

// Fast rather than small, because clients of a database are usually near.
constexpr int kGzipLevel = 1;
constexpr int kZstdLevel = 1;
constexpr int kGzipWindow = 15 + 16;  // 16: with a gzip header
constexpr std::size_t kStepBytes = 64 << 10;

class GzipCompressor : public Compressor {
 public:
  GzipCompressor() {
    const int state =
        deflateInit2(&stream_, kGzipLevel, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY);
    if (state == Z_MEM_ERROR) throw std::bad_alloc();
    CHECK(state == Z_OK, "BUG: zlib refuses its parameters");
  }
  GzipCompressor(const GzipCompressor&) = delete;
  GzipCompressor& operator=(const GzipCompressor&) = delete;
  ~GzipCompressor() override { deflateEnd(&stream_); }

  void Add(std::string_view bytes, Flush flush, std::string& out) override {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      const auto used = out.size();
      out.resize(used + kStepBytes);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + used);
      stream_.avail_out = kStepBytes;
      deflate(&stream_, flush == Flush::kEnd ? Z_FINISH : Z_SYNC_FLUSH);
      out.resize(used + kStepBytes - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

 private:
  z_stream stream_{};
};

class ZstdCompressor : public Compressor {
 public:
  ZstdCompressor() : context_(Allocated(ZSTD_createCCtx())) {
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, kZstdLevel);
  }
  ZstdCompressor(const ZstdCompressor&) = delete;
  ZstdCompressor& operator=(const ZstdCompressor&) = delete;
  ~ZstdCompressor() override { ZSTD_freeCCtx(context_); }

  void Add(std::string_view bytes, Flush flush, std::string& out) override {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    const auto mode = flush == Flush::kEnd ? ZSTD_e_end : ZSTD_e_flush;
    std::size_t left;
    do {
      const auto used = out.size();
      out.resize(used + kStepBytes);
      ZSTD_outBuffer buffer{out.data() + used, kStepBytes, 0};
      left = ZSTD_compressStream2(context_, &buffer, &in, mode);
      // zstd allocates the memory of its tables only at the first bytes.
      if (ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation) throw std::bad_alloc();
      CHECK(ZSTD_isError(left) == 0, "BUG: zstd cannot compress");
      out.resize(used + buffer.pos);
    } while (left > 0);
  }

 private:
  ZSTD_CCtx* context_;
};

// "gzip;q=0" forbids gzip; any other weight allows it.
bool IsForbidden(std::string_view parameters) {
  const auto q = parameters.find("q=");
  if (q == std::string_view::npos) return false;
  const auto value = TrimSpaces(parameters.substr(q + 2));
  return !value.empty() && value.find_first_not_of("0.") == std::string_view::npos;
}

}  // namespace

std::optional<Coding> ChooseCoding(std::string_view accept_encoding) {
  bool has_gzip = false;
  while (!accept_encoding.empty()) {
    const auto comma = accept_encoding.find(',');
    const auto item = accept_encoding.substr(0, comma);
    accept_encoding.remove_prefix(comma == std::string_view::npos ? accept_encoding.size()
                                                                  : comma + 1);
    const auto semicolon = item.find(';');
    const auto name = TrimSpaces(item.substr(0, semicolon));
    if (semicolon != std::string_view::npos && IsForbidden(item.substr(semicolon + 1))) continue;
    if (name == "zstd") return Coding::kZstd;
    if (name == "gzip") has_gzip = true;
  }
  if (has_gzip) return Coding::kGzip;
  return std::nullopt;
}

std::string_view NameOf(Coding coding) { return coding == Coding::kZstd ? "zstd" : "gzip"; }

std::unique_ptr<Compressor> MakeCompressor(Coding coding) {
  if (coding == Coding::kZstd) return std::make_unique<ZstdCompressor>();
  return std::make_unique<GzipCompressor>();
}

}  // namespace arc::format
