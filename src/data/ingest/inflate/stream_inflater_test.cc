#include "data/ingest/inflate/stream_inflater.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>

namespace arc::ingest {
namespace {

std::string Gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(deflateBound(&stream, static_cast<uLong>(text.size())) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string Zstd(const std::string& text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
  return packed;
}

std::string Words(std::size_t count) {
  std::mt19937 random(7);
  std::string text;
  for (std::size_t i = 0; i < count; i++) text += std::to_string(random() % 1000) + ",";
  return text;
}

// What comes out when `packed` comes in pieces of `piece` bytes; "failed: ..." when it fails.
std::string Unpack(const std::string& packed, std::size_t piece) {
  const auto inflater = MakeStreamInflater(DetectEncoding(packed));
  std::string unpacked;
  const auto sink = [&](std::string_view bytes) -> Result<void> {
    unpacked.append(bytes);
    return {};
  };
  for (std::size_t at = 0; at < packed.size(); at += piece) {
    if (const auto added = inflater->Add(std::string_view(packed).substr(at, piece), sink);
        !added.ok()) {
      return "failed: " + added.error().message;
    }
  }
  const auto finished = inflater->Finish();
  return finished.ok() ? unpacked : "failed: " + finished.error().message;
}

TEST(StreamInflater, UnpacksPiecesOfAnySize) {
  const auto text = Words(100'000);
  for (const auto& packed : {Gzip(text), Zstd(text)}) {
    for (const std::size_t piece : {1ul, 7ul, 4'096ul, packed.size()}) {
      EXPECT_EQ(Unpack(packed, piece), text) << piece;
    }
  }
}

TEST(StreamInflater, SeveralMembersAreOneStream) {
  EXPECT_EQ(Unpack(Gzip("one") + Gzip("") + Gzip("two"), 5), "onetwo");
  EXPECT_EQ(Unpack(Zstd("one") + Zstd("two"), 5), "onetwo");
}

TEST(StreamInflater, EveryPrefixIsCutShort) {
  for (const auto& packed : {Gzip(Words(50)), Zstd(Words(50))}) {
    for (std::size_t size = 4; size < packed.size(); size++) {
      EXPECT_TRUE(Unpack(packed.substr(0, size), 11).starts_with("failed: Failed to decompress"))
          << size;
    }
  }
}

TEST(StreamInflater, DamageIsNoticed) {
  for (auto packed : {Gzip(Words(5'000)), Zstd(Words(5'000))}) {
    EXPECT_TRUE(Unpack(packed + "more", 100).starts_with("failed: "));
    packed[4] = static_cast<char>(packed[4] ^ 0x55);
    packed[packed.size() / 2] = static_cast<char>(packed[packed.size() / 2] ^ 0x55);
    EXPECT_TRUE(Unpack(packed, 100).starts_with("failed: "));
  }
}

// A bomb ends where the sink says so, having unpacked a piece at a time.
TEST(StreamInflater, TheSinkCanStopIt) {
  for (const auto& packed :
       {Gzip(std::string(100'000'000, 'x')), Zstd(std::string(100'000'000, 'x'))}) {
    const auto inflater = MakeStreamInflater(DetectEncoding(packed));
    std::size_t unpacked = 0;
    std::size_t largest = 0;
    const auto added = inflater->Add(packed, [&](std::string_view bytes) -> Result<void> {
      largest = std::max(largest, bytes.size());
      unpacked += bytes.size();
      if (unpacked > 1'000'000) return Error{ErrorCode::kTooLarge, "enough"};
      return {};
    });
    ASSERT_FALSE(added.ok());
    EXPECT_EQ(added.error().code, ErrorCode::kTooLarge);
    EXPECT_LT(unpacked, 1'100'000u);
    EXPECT_LE(largest, 65'536u);
  }
}

}  // namespace
}  // namespace arc::ingest
