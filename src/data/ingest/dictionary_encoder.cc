#include "data/ingest/dictionary_encoder.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <string>

namespace arc::ingest {
namespace {

// Many measurements in one body make very many columns with a word or two: their table fits one
// cache line. The next size is arbitrary; it fits an ordinary tag.
constexpr std::size_t kSlotsAtStart = 8;
constexpr std::size_t kSlotsNext = 64;

// Odd random constants.
constexpr std::uint64_t kMultiplierA = 0x9E3779B97F4A7C15;
constexpr std::uint64_t kMultiplierB = 0xD6E8FEB86659FD93;

// Chosen once for the process. It decides which words share a slot, never the result.
std::uint64_t HashSeed() {
  static const std::uint64_t seed = [] {
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
  }();
  return seed;
}

template <class T>
std::uint64_t Load(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

// The two halves of the 128-bit product, XORed.
std::uint64_t Mix(std::uint64_t a, std::uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// Eight bytes a step; the last step overlaps the one before.
std::uint64_t Hash(std::string_view word, std::uint64_t seed) {
  const char* const bytes = word.data();
  const auto size = word.size();
  auto state = seed ^ (size * kMultiplierA);
  if (size >= 8) {
    for (std::size_t i = 0; i + 8 < size; i += 8) {
      state = Mix(state ^ Load<std::uint64_t>(bytes + i), kMultiplierB);
    }
    state ^= Load<std::uint64_t>(bytes + size - 8);
  } else if (size >= 4) {
    state ^= (Load<std::uint32_t>(bytes) << 32) | Load<std::uint32_t>(bytes + size - 4);
  } else if (size > 0) {
    state ^= (Load<std::uint8_t>(bytes) << 16) | (Load<std::uint8_t>(bytes + size / 2) << 8) |
             Load<std::uint8_t>(bytes + size - 1);
  }
  return Mix(state ^ kMultiplierA, kMultiplierB);
}

}  // namespace

std::uint32_t DictionaryEncoder::CodeOf(std::string_view word) {
  if (values_.dictionary.size() * 2 > slots_.size()) GrowSlots();
  static const std::uint64_t seed = HashSeed();
  const auto hash = static_cast<std::uint32_t>(Hash(word, seed));
  const auto mask = slots_.size() - 1;
  for (auto i = hash & mask;; i = (i + 1) & mask) {
    auto& slot = slots_[i];
    if (slot.code == DictionaryValues::kNullCode) {
      slot = {hash, static_cast<std::uint32_t>(values_.dictionary.size())};
      values_.dictionary.Append(word);
      return slot.code;
    }
    if (slot.hash == hash && IsWord(slot.code, word)) return slot.code;
  }
}

void DictionaryEncoder::GrowSlots() {
  std::vector<Slot> larger(slots_.empty() ? kSlotsAtStart
                                          : std::max(kSlotsNext, slots_.size() * 2));
  const auto mask = larger.size() - 1;
  for (const auto& slot : slots_) {
    if (slot.code == DictionaryValues::kNullCode) continue;
    auto i = slot.hash & mask;
    while (larger[i].code != DictionaryValues::kNullCode) i = (i + 1) & mask;
    larger[i] = slot;
  }
  slots_ = std::move(larger);
}

StringValues DictionaryEncoder::TakePlain() {
  StringValues plain;
  plain.offsets.reserve(values_.codes.size() + 1);
  for (const auto code : values_.codes) plain.Append(values_.dictionary[code]);
  values_ = DictionaryValues();
  return plain;
}

}  // namespace arc::ingest
