#include "query/engine/guard/like_match.h"

#include <gtest/gtest.h>

#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace arc::engine {
namespace {

const MatchPause kNoPause = [] {};

bool Like(std::string_view text, std::string_view pattern) {
  return MatchLike(text, pattern, std::nullopt, kNoPause) == MatchResult::kYes;
}

bool IsContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// The slow and obvious twins: they try everything.
bool LikeTwin(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '%') {
    return LikeTwin(text, pattern.substr(1)) ||
           (!text.empty() && LikeTwin(text.substr(1), pattern));
  }
  if (text.empty()) return false;
  if (pattern[0] == '_') {
    std::size_t bytes = 1;
    while (bytes < text.size() && IsContinuation(text[bytes])) bytes++;
    return LikeTwin(text.substr(bytes), pattern.substr(1));
  }
  return text[0] == pattern[0] && LikeTwin(text.substr(1), pattern.substr(1));
}

bool GlobTwin(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    return GlobTwin(text, pattern.substr(1)) ||
           (!text.empty() && GlobTwin(text.substr(1), pattern));
  }
  if (text.empty()) return false;
  return (pattern[0] == '?' || pattern[0] == text[0]) &&
         GlobTwin(text.substr(1), pattern.substr(1));
}

std::vector<std::string> AllTexts(const std::vector<std::string>& letters, std::size_t length_max) {
  std::vector<std::string> texts = {""};
  for (std::size_t begin = 0, length = 0; length < length_max; length++) {
    const auto end = texts.size();
    for (; begin < end; begin++) {
      for (const auto& letter : letters) texts.push_back(texts[begin] + letter);
    }
  }
  return texts;
}

TEST(LikeMatchTest, SaysWhatTheTwinSaysOfAllShortTexts) {
  const auto texts = AllTexts({"a", "b", "é"}, 5);
  const auto patterns = AllTexts({"a", "é", "%", "_"}, 5);
  for (const auto& pattern : patterns) {
    for (const auto& text : texts) {
      ASSERT_EQ(Like(text, pattern), LikeTwin(text, pattern)) << text << " LIKE " << pattern;
    }
  }
}

TEST(LikeMatchTest, GlobSaysWhatTheTwinSaysOfAllShortTexts) {
  const auto texts = AllTexts({"a", "b"}, 6);
  const auto patterns = AllTexts({"a", "b", "*", "?"}, 5);
  for (const auto& pattern : patterns) {
    for (const auto& text : texts) {
      ASSERT_EQ(MatchGlob(text, pattern, kNoPause), GlobTwin(text, pattern))
          << text << " GLOB " << pattern;
    }
  }
}

TEST(LikeMatchTest, EscapesTheNextByte) {
  const auto escaped = [](std::string_view text, std::string_view pattern) {
    return MatchLike(text, pattern, '\\', kNoPause);
  };
  EXPECT_EQ(escaped("5%", R"(5\%)"), MatchResult::kYes);
  EXPECT_EQ(escaped("50", R"(5\%)"), MatchResult::kNo);
  EXPECT_EQ(escaped("a_b%c", R"(%\_b\%%)"), MatchResult::kYes);
  EXPECT_EQ(escaped("abc", R"(ab\)"), MatchResult::kEndsWithEscape);
  EXPECT_EQ(escaped("ab", R"(ab\)"), MatchResult::kNo);
}

TEST(LikeMatchTest, GlobKnowsSets) {
  const auto glob = [](std::string_view text, std::string_view pattern) {
    return MatchGlob(text, pattern, kNoPause);
  };
  EXPECT_TRUE(glob("b", "[a-c]"));
  EXPECT_FALSE(glob("d", "[a-c]"));
  EXPECT_TRUE(glob("d", "[!a-c]"));
  EXPECT_TRUE(glob("]", "[]]"));
  EXPECT_TRUE(glob("x-7", "*[0-9]"));
  EXPECT_FALSE(glob("a", "[a"));
  EXPECT_FALSE(glob("a", "[!"));
  EXPECT_TRUE(glob("a*", R"(a\*)"));
  EXPECT_FALSE(glob("ab", R"(a\*)"));
}

TEST(LikeMatchTest, TakesLongPatternsInLinearTime) {
  const std::string text(500'000, 'a');
  std::string pattern;
  for (int i = 0; i < 400'000; i++) pattern += "%a";
  EXPECT_TRUE(Like(text, pattern));
  EXPECT_FALSE(Like(text, pattern + "b"));
  EXPECT_FALSE(Like(text, "%" + std::string(200'000, 'a') + "b%"));
}

TEST(LikeMatchTest, CanBeEndedWhereItIsSlow) {
  const std::string text(200'000, 'a');
  const std::string pattern = "%" + std::string(100'000, '_') + "b%";
  int pauses = 0;
  const auto match = [&] {
    MatchLike(text, pattern, std::nullopt, [&] {
      if (++pauses == 3) throw std::runtime_error("interrupted");
    });
  };
  EXPECT_THROW(match(), std::runtime_error);
}

}  // namespace
}  // namespace arc::engine
