#include "foundation/text/utf8.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace arc {
namespace {

// Every code point as UTF-8, encoded as the standard says; surrogates are not code points.
std::string Encode(std::uint32_t point) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | ((point >> shift) & 0x3F)); };
  if (point < 0x80) return {static_cast<char>(point)};
  if (point < 0x800) return {static_cast<char>(0xC0 | (point >> 6)), tail(0)};
  if (point < 0x10000) return {static_cast<char>(0xE0 | (point >> 12)), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | (point >> 18)), tail(12), tail(6), tail(0)};
}

TEST(Utf8Test, EveryCodePointAndNoSurrogate) {
  for (std::uint32_t point = 0; point <= 0x110FFF; point++) {
    const auto text = Encode(point);
    const bool is_valid = point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
    ASSERT_EQ(IsUtf8(text), is_valid) << point;
    if (is_valid && text.size() > 1) {
      ASSERT_FALSE(IsUtf8(text.substr(0, text.size() - 1))) << point;
      ASSERT_FALSE(IsUtf8(text.substr(1))) << point;
    }
  }
}

TEST(Utf8Test, OverlongFormsAndStrayBytesAreRefused) {
  for (const auto* text : {"\xC0\xAF", "\xC1\xBF", "\xE0\x80\xAF", "\xF0\x80\x80\xAF", "\x80",
                           "\xFF", "\xF8\x88\x80\x80\x80"}) {
    EXPECT_FALSE(IsUtf8(text)) << text;
  }
}

// A bad or a long sequence at every place of a longer text: blocks have edges.
TEST(Utf8Test, EveryPlaceIsLookedAt) {
  for (std::size_t at = 0; at < 300; at++) {
    std::string text(300, 'a');
    text[at] = '\xFF';
    ASSERT_FALSE(IsUtf8(text)) << at;
    ASSERT_TRUE(IsUtf8(std::string(at, 'a') + "\xF0\x9F\x98\x80" + std::string(200, 'b'))) << at;
    ASSERT_FALSE(IsUtf8(std::string(at, 'a') + "\xF0\x9F\x98")) << at;
  }
}

}  // namespace
}  // namespace arc
