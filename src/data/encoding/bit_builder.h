// Appends bits one after the other. For the validity and the booleans of an Arrow array, and for
// the validity of a Column of ours (the layout is the same).

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace arc::encoding {

class BitBuilder {
 public:
  // Room for exactly bit_count bits; those not appended are clear.
  explicit BitBuilder(std::size_t bit_count) : words_((bit_count + 63) / 64) {}

  void AppendRun(bool bit, std::size_t count) {
    if (bit) {
      SetRange(filled_, filled_ + count);
    } else {
      clear_count_ += count;
    }
    filled_ += count;
  }

  // Bits [begin, begin + count) of `words`.
  void AppendBits(const std::vector<std::uint64_t>& words, std::size_t begin, std::size_t count) {
    for (std::size_t i = begin; i < begin + count; i++) {
      const auto bit = (words[i / 64] >> (i % 64)) & 1;
      words_[filled_ / 64] |= bit << (filled_ % 64);
      clear_count_ += 1 - bit;
      filled_++;
    }
  }

  // How many of the appended bits are clear.
  std::size_t clear_count() const { return clear_count_; }
  std::vector<std::uint64_t> TakeWords() && { return std::move(words_); }

 private:
  void SetRange(std::size_t begin, std::size_t end) {
    while (begin < end) {
      const auto offset = begin % 64;
      const auto count = std::min<std::size_t>(64 - offset, end - begin);
      const auto ones = count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
      words_[begin / 64] |= ones << offset;
      begin += count;
    }
  }

  std::vector<std::uint64_t> words_;
  std::size_t filled_ = 0;
  std::size_t clear_count_ = 0;
};

}  // namespace arc::encoding
