// Builds the dictionary form of a string column: each distinct word once, and one code for each
// row.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/model/column_batch.h"

namespace arc::ingest {

// Words get their codes in the order in which they first appear. They are found with a seeded hash
// in an open table, so nobody outside can choose words that collide.
//
// Limits: fewer than 2^32 rows, words of under 4 GiB together.
class DictionaryEncoder {
 public:
  void Reserve(std::size_t rows) { values_.codes.reserve(rows); }

  void Append(std::string_view word) {
    // In many columns a row has the same word as the row before.
    if (last_code_ == DictionaryValues::kNullCode || !IsWord(last_code_, word)) {
      last_code_ = CodeOf(word);
    }
    values_.codes.push_back(last_code_);
  }
  void AppendNulls(std::size_t count) {
    values_.codes.resize(values_.codes.size() + count, DictionaryValues::kNullCode);
  }

  std::size_t size() const { return values_.codes.size(); }
  std::size_t word_count() const { return values_.dictionary.size() - 1; }

  // False when there are over 1,024 words and more than half of the rows brought a new one: the
  // column is then better kept as plain strings.
  bool Pays() const {
    return word_count() <= kWordsAlwaysKept || word_count() * 2 <= values_.codes.size();
  }

  // After either of these two calls the encoder can only be destroyed.
  DictionaryValues TakeValues() { return std::move(values_); }
  // The same rows as plain strings; NULL becomes the empty string.
  StringValues TakePlain();

 private:
  static constexpr std::size_t kWordsAlwaysKept = 1024;

  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t code = DictionaryValues::kNullCode;  // kNullCode: a free slot
  };

  // Whether `word` is the one with this code. The words are so short that a call to memcmp would
  // cost more than comparing them: eight bytes a step, the last step overlaps the one before.
  bool IsWord(std::uint32_t code, std::string_view word) const {
    const auto& dictionary = values_.dictionary;
    const auto begin = dictionary.offsets[code];
    const auto size = word.size();
    if (dictionary.offsets[code + 1] - begin != size) return false;
    const char* const a = dictionary.bytes.data() + begin;
    const char* const b = word.data();
    if (size < 8) {
      for (std::size_t i = 0; i < size; i++) {
        if (a[i] != b[i]) return false;
      }
      return true;
    }
    for (std::size_t i = 0; i + 8 < size; i += 8) {
      if (!AreSame8(a + i, b + i)) return false;
    }
    return AreSame8(a + size - 8, b + size - 8);
  }
  static bool AreSame8(const char* a, const char* b) { return std::memcmp(a, b, 8) == 0; }

  std::uint32_t CodeOf(std::string_view word);
  void GrowSlots();

  DictionaryValues values_;
  std::vector<Slot> slots_;  // a power of two, at most half full
  std::uint32_t last_code_ = DictionaryValues::kNullCode;
};

}  // namespace arc::ingest
