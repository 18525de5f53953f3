#include "query/format/compressor.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <optional>
#include <string>

namespace arc::format {
namespace {

// What a client that has received `packed` so far can read.
std::string Unpack(Coding coding, const std::string& packed) {
  std::string text(1 << 20, '\0');
  if (coding == Coding::kZstd) {
    ZSTD_DCtx* context = ZSTD_createDCtx();
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    ZSTD_outBuffer out{text.data(), text.size(), 0};
    EXPECT_FALSE(ZSTD_isError(ZSTD_decompressStream(context, &out, &in)));
    ZSTD_freeDCtx(context);
    text.resize(out.pos);
    return text;
  }
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  const int state = inflate(&stream, Z_SYNC_FLUSH);
  EXPECT_TRUE(state == Z_OK || state == Z_STREAM_END) << state;
  text.resize(text.size() - stream.avail_out);
  inflateEnd(&stream);
  return text;
}

class CompressorTest : public ::testing::TestWithParam<Coding> {};

TEST_P(CompressorTest, EachPieceCanBeReadAtOnceAndTheEndEndsIt) {
  const auto compressor = MakeCompressor(GetParam());
  std::string packed, expected;
  for (int i = 0; i < 5; i++) {
    // More than a step of output, and hard to pack.
    std::string piece;
    for (unsigned n = 0; n < 30'000; n++) piece += std::to_string((n * 2'654'435'761u) % 977 + i);
    compressor->Add(piece, Compressor::Flush::kPiece, packed);
    expected += piece;
    EXPECT_EQ(Unpack(GetParam(), packed), expected);
  }
  compressor->Add("the end", Compressor::Flush::kEnd, packed);
  EXPECT_EQ(Unpack(GetParam(), packed), expected + "the end");
  EXPECT_LT(packed.size(), expected.size() / 2);
}

TEST_P(CompressorTest, AnEmptyBodyIsOneToo) {
  const auto compressor = MakeCompressor(GetParam());
  std::string packed;
  compressor->Add("", Compressor::Flush::kEnd, packed);
  EXPECT_FALSE(packed.empty());
  EXPECT_EQ(Unpack(GetParam(), packed), "");
}

INSTANTIATE_TEST_SUITE_P(Codings, CompressorTest, ::testing::Values(Coding::kGzip, Coding::kZstd),
                         [](const auto& test) { return std::string(NameOf(test.param)); });

TEST(ChooseCoding, PrefersZstdAndHeedsProhibitions) {
  EXPECT_EQ(ChooseCoding("gzip, deflate, br, zstd"), Coding::kZstd);
  EXPECT_EQ(ChooseCoding("gzip"), Coding::kGzip);
  EXPECT_EQ(ChooseCoding("gzip;q=0.5"), Coding::kGzip);
  EXPECT_EQ(ChooseCoding("zstd;q=0, gzip"), Coding::kGzip);
  EXPECT_EQ(ChooseCoding("gzip; q=0.000"), std::nullopt);
  EXPECT_EQ(ChooseCoding("identity"), std::nullopt);
  EXPECT_EQ(ChooseCoding(""), std::nullopt);
  EXPECT_EQ(ChooseCoding("xgzip, ,"), std::nullopt);
}

}  // namespace
}  // namespace arc::format
