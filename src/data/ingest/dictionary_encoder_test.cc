#include "data/ingest/dictionary_encoder.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace arc::ingest {
namespace {

TEST(DictionaryEncoderTest, CodesAreGivenInOrderOfFirstSight) {
  DictionaryEncoder encoder;
  for (const char* word : {"b", "a", "a", "", "b"}) encoder.Append(word);
  encoder.AppendNulls(2);
  encoder.Append("a");
  EXPECT_EQ(encoder.size(), 8u);
  EXPECT_EQ(encoder.word_count(), 3u);
  const auto values = encoder.TakeValues();
  EXPECT_EQ(values.codes, (std::vector<std::uint32_t>{1, 2, 2, 3, 1, 0, 0, 2}));
  EXPECT_EQ(values.dictionary[0], "");
  EXPECT_EQ(values.dictionary[1], "b");
  EXPECT_EQ(values.dictionary[2], "a");
  EXPECT_EQ(values.dictionary[3], "");  // a word of its own: empty is not NULL
}

TEST(DictionaryEncoderTest, PlainStringsHaveTheSameRows) {
  DictionaryEncoder encoder;
  encoder.Append("one");
  encoder.AppendNulls(1);
  encoder.Append("two");
  encoder.Append("one");
  const auto plain = encoder.TakePlain();
  ASSERT_EQ(plain.size(), 4u);
  EXPECT_EQ(plain[0], "one");
  EXPECT_EQ(plain[1], "");
  EXPECT_EQ(plain[2], "two");
  EXPECT_EQ(plain[3], "one");
}

TEST(DictionaryEncoderTest, PaysUntilMostRowsBringAWord) {
  DictionaryEncoder encoder;
  for (int i = 0; i < 1024; i++) encoder.Append(std::to_string(i));
  EXPECT_TRUE(encoder.Pays());
  encoder.Append("one more");
  EXPECT_FALSE(encoder.Pays());
  for (int i = 0; i < 1025; i++) encoder.Append("the same");
  EXPECT_FALSE(encoder.Pays());  // 1,026 words, 2,050 rows
  encoder.Append("the same");
  encoder.Append("the same");
  EXPECT_TRUE(encoder.Pays());
}

// Words of every length, with tails and heads in common, against a map.
TEST(DictionaryEncoderTest, AgreesWithAMap) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  DictionaryEncoder encoder;
  std::unordered_map<std::string, std::uint32_t> codes;
  std::vector<std::string> words;
  for (int i = 0; i < 20'000; i++) {
    std::string word(random() % 40, static_cast<char>('a' + random() % 2));
    if (!word.empty()) word[random() % word.size()] = static_cast<char>(random());
    words.push_back(word);
    codes.try_emplace(word, static_cast<std::uint32_t>(codes.size() + 1));
    encoder.Append(word);
  }
  ASSERT_EQ(encoder.word_count(), codes.size());
  const auto values = encoder.TakeValues();
  for (std::size_t i = 0; i < words.size(); i++) {
    ASSERT_EQ(values.codes[i], codes[words[i]]);
    ASSERT_EQ(values.dictionary[values.codes[i]], words[i]);
  }
}

}  // namespace
}  // namespace arc::ingest
