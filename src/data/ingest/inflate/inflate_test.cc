#include "data/ingest/inflate/inflate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libdeflate.h>
#include <sys/resource.h>
#include <zstd.h>

#include <memory>
#include <random>
#include <string>

namespace arc::ingest {
namespace {

using testing::StartsWith;

constexpr std::size_t kPlenty = std::size_t{64} << 20;

std::string Gzip(const std::string& plain) {
  const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
      libdeflate_alloc_compressor(6), &libdeflate_free_compressor);
  std::string packed(libdeflate_gzip_compress_bound(compressor.get(), plain.size()), '\0');
  packed.resize(libdeflate_gzip_compress(compressor.get(), plain.data(), plain.size(),
                                         packed.data(), packed.size()));
  return packed;
}

std::string Zstd(const std::string& plain) {
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), 3));
  return packed;
}

// A frame that does not say how much it holds, as streaming encoders write it.
std::string ZstdOfUnknownSize(const std::string& plain, int window_log) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                     &ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, window_log);
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  ZSTD_outBuffer out{packed.data(), packed.size(), 0};
  ZSTD_inBuffer in{plain.data(), plain.size(), 0};
  ZSTD_compressStream2(context.get(), &out, &in, ZSTD_e_continue);
  while (ZSTD_compressStream2(context.get(), &out, &in, ZSTD_e_end) != 0) {
  }
  packed.resize(out.pos);
  return packed;
}

std::string Lines(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; i++) {
    text += "cpu,host=server" + std::to_string(i % 17) + " usage=" + std::to_string(i) + "\n";
  }
  return text;
}

std::string Noise(std::size_t bytes) {
  std::mt19937_64 random(7);
  std::string noise(bytes, '\0');
  for (auto& byte : noise) byte = static_cast<char>(random());
  return noise;
}

std::string InflateOrDie(const std::string& body, std::size_t bytes_max = kPlenty) {
  auto inflated = Inflate(body, DetectEncoding(body), bytes_max);
  EXPECT_TRUE(inflated.ok()) << (inflated.ok() ? "" : inflated.error().message);
  return inflated.ok() ? std::move(inflated).TakeValue() : "";
}

ErrorCode CodeOf(const std::string& body, BodyEncoding encoding, std::size_t bytes_max = kPlenty) {
  const auto inflated = Inflate(body, encoding, bytes_max);
  EXPECT_FALSE(inflated.ok());
  return inflated.ok() ? ErrorCode::kInternal : inflated.error().code;
}

struct Format {
  const char* name;
  BodyEncoding encoding;
  std::string (*pack)(const std::string&);
};

class InflateFormatTest : public testing::TestWithParam<Format> {};

TEST_P(InflateFormatTest, RoundTrips) {
  for (const auto& plain : {std::string(), std::string("x"), Lines(10), Lines(100'000),
                            Noise(300'000), std::string(5'000'000, 'a')}) {
    const auto packed = GetParam().pack(plain);
    EXPECT_EQ(DetectEncoding(packed), GetParam().encoding);
    EXPECT_EQ(InflateOrDie(packed), plain);
  }
}

TEST_P(InflateFormatTest, TheLimitIsExact) {
  const auto plain = Lines(10'000);
  const auto packed = GetParam().pack(plain);
  EXPECT_EQ(InflateOrDie(packed, plain.size()), plain);
  EXPECT_EQ(CodeOf(packed, GetParam().encoding, plain.size() - 1), ErrorCode::kTooLarge);
  EXPECT_EQ(InflateOrDie(GetParam().pack(""), 0), "");
}

TEST_P(InflateFormatTest, PartsOneAfterTheOtherAreOneBody) {
  const auto small = Lines(3);
  const auto large = Lines(50'000);
  const auto packed = GetParam().pack(large) + GetParam().pack("") + GetParam().pack(small);
  EXPECT_EQ(InflateOrDie(packed), large + small);
  EXPECT_EQ(InflateOrDie(GetParam().pack(small) + GetParam().pack(large)), small + large);
  EXPECT_EQ(CodeOf(packed, GetParam().encoding, large.size() + small.size() - 1),
            ErrorCode::kTooLarge);
}

TEST_P(InflateFormatTest, ABodyCutAnywhereIsRefused) {
  const auto packed = GetParam().pack(Lines(200));
  for (std::size_t bytes = 1; bytes < packed.size(); bytes++) {  // none at all: an empty body
    const auto inflated = Inflate(packed.substr(0, bytes), GetParam().encoding, kPlenty);
    ASSERT_FALSE(inflated.ok()) << bytes;
    EXPECT_EQ(inflated.error().code, ErrorCode::kInvalidInput) << bytes;
    EXPECT_THAT(inflated.error().message,
                StartsWith("Failed to decompress " + std::string(GetParam().name) + " data: "));
  }
}

TEST_P(InflateFormatTest, OtherBytesAfterTheEndAreRefused) {
  const auto packed = GetParam().pack(Lines(200));
  for (const auto& garbage : {std::string("x"), std::string(1, '\0'), std::string("garbage")}) {
    EXPECT_EQ(CodeOf(packed + garbage, GetParam().encoding), ErrorCode::kInvalidInput);
  }
}

TEST_P(InflateFormatTest, DamageIsNeverMoreThanAnError) {
  const auto plain = Lines(100);
  const auto packed = GetParam().pack(plain);
  for (std::size_t i = 0; i < packed.size(); i++) {
    for (const int flip : {0x01, 0x80, 0xFF}) {
      auto damaged = packed;
      damaged[i] = static_cast<char>(damaged[i] ^ flip);
      const auto inflated = Inflate(damaged, GetParam().encoding, std::size_t{1} << 20);
      if (!inflated.ok()) {
        EXPECT_NE(inflated.error().code, ErrorCode::kInternal);
      }
    }
  }
}

// One gibibyte of zeros is refused, and the memory for it is never taken.
TEST_P(InflateFormatTest, BombsAreRefusedWhileInflating) {
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  std::string bomb;
  const auto part = GetParam().pack(std::string(64 * kMiB, '\0'));
  for (int i = 0; i < 16; i++) bomb += part;

  rusage before{};
  rusage after{};
  getrusage(RUSAGE_SELF, &before);
  EXPECT_EQ(CodeOf(bomb, GetParam().encoding, 100 * kMiB), ErrorCode::kTooLarge);
  getrusage(RUSAGE_SELF, &after);
#if !defined(__SANITIZE_THREAD__)                             // which keeps shadows of all memory
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 300 * 1024);  // KiB
#endif
}

INSTANTIATE_TEST_SUITE_P(Formats, InflateFormatTest,
                         testing::Values(Format{"gzip", BodyEncoding::kGzip, &Gzip},
                                         Format{"zstd", BodyEncoding::kZstd, &Zstd}),
                         [](const auto& format) { return std::string(format.param.name); });

TEST(InflateTest, IdentityIsCopiedUpToTheLimit) {
  EXPECT_EQ(DetectEncoding(""), BodyEncoding::kIdentity);
  EXPECT_EQ(DetectEncoding("\x1F"), BodyEncoding::kIdentity);
  EXPECT_EQ(DetectEncoding("cpu usage=1"), BodyEncoding::kIdentity);
  EXPECT_EQ(InflateOrDie("cpu usage=1", 11), "cpu usage=1");
  EXPECT_EQ(CodeOf("cpu usage=1", BodyEncoding::kIdentity, 10), ErrorCode::kTooLarge);
}

TEST(InflateTest, AGzipTrailerIsOnlyAHint) {
  auto packed = Gzip(Lines(1000));
  for (const char byte : {'\0', '\x01', '\xFF'}) {
    auto lying = packed;
    lying.replace(lying.size() - 4, 4, 4, byte);
    EXPECT_EQ(CodeOf(lying, BodyEncoding::kGzip), ErrorCode::kInvalidInput);
  }
}

TEST(InflateTest, ZstdFramesNeedNotSayTheirSize) {
  const auto plain = Lines(100'000);
  EXPECT_EQ(InflateOrDie(ZstdOfUnknownSize(plain, 20)), plain);
  EXPECT_EQ(InflateOrDie(ZstdOfUnknownSize(plain, 23), plain.size()), plain);
  EXPECT_EQ(CodeOf(ZstdOfUnknownSize(plain, 20), BodyEncoding::kZstd, plain.size() - 1),
            ErrorCode::kTooLarge);
}

TEST(InflateTest, AZstdWindowMayNotPassTheLimit) {
  const auto packed = ZstdOfUnknownSize(Lines(1000), 25);
  EXPECT_EQ(CodeOf(packed, BodyEncoding::kZstd, std::size_t{1} << 20), ErrorCode::kTooLarge);
  EXPECT_EQ(InflateOrDie(packed, std::size_t{1} << 25), Lines(1000));
}

}  // namespace
}  // namespace arc::ingest
